// What is seen, and nothing of what it is for. Boxes are <div>s placed in per cent of the stage, which makes the size
// of the view, zoom and a phone's screen the browser's business.

const STATES = { unlabelled: "not labelled", empty: "nothing on it", boxes: "labelled", refused: "cannot be changed" };
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"].map((edge) => `<i data-edge="${edge}"></i>`).join("");
const PAGE = `
  <div class="bar">
    <button data-does="previous" title="Previous picture (p)">◀ Previous</button>
    <button data-does="next" title="Next picture (n)">Next ▶</button>
    <button data-does="todo" title="Next picture without labels (u)">Next unlabelled</button>
    <span class="title"></span><span class="pill"></span>
    <span class="zoom" role="group" aria-label="Zoom"><button data-does="smaller" title="Smaller (-)">−</button
      ><button data-does="larger" title="Larger (+)">+</button></span>
  </div>
  <div class="window"><div class="stage" tabindex="0" role="application" aria-roledescription="picture to label">
    <img alt="" draggable="false"><div class="layer"></div>
  </div></div>
  <div class="bar kinds" role="group" aria-label="Class"></div>
  <div class="bar">
    <button data-does="add" title="New box in the middle (a)">New box</button>
    <button data-does="remove" title="Delete the chosen box (Delete)">Delete box</button>
    <button data-does="undo" title="Undo on this picture (Ctrl+Z)">Undo</button>
    <button data-does="redo" title="Redo on this picture (Ctrl+Shift+Z)">Redo</button>
    <button data-does="none" title="There is no object here (0)">Nothing on this picture</button>
    <span class="counts"></span>
  </div>
  <div class="status" role="status"></div>
  <details><summary>Keys</summary><dl></dl></details>`;

const counted = (count) => (count === 1 ? "1 box" : `${count} boxes`);

function element(tag, text, attributes = {}) {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

class View {
  constructor(el, names, colours, help) {
    Object.assign(this, { names, colours });
    // JupyterLab looks for its shortcuts (a: new cell, d d: delete it) before any key reaches us, but not in here.
    this.root = element("div", "", { class: "yolo-labeller", role: "group", "data-lm-suppress-shortcuts": "true" });
    this.root.innerHTML = PAGE;
    const found = (name) => this.root.querySelector(`.${name}`);
    for (const name of ["title", "pill", "window", "stage", "layer", "kinds", "counts", "status"]) {
      this[name] = found(name);
    }
    this.image = this.root.querySelector("img");
    this.kinds.append(...names.map((name, kind) => {
      const button = element("button", name, { "data-kind": kind });
      if (kind < 9) button.prepend(element("kbd", kind + 1));
      return this.coloured(button, kind);
    }));
    const rows = help.map(([key, does]) => [element("dt", key), element("dd", does)]);
    this.root.querySelector("dl").append(...rows.flat());
    el.append(this.root);
  }

  coloured(node, kind) {
    node.style.setProperty("--fill", this.colours[kind][0]);
    node.style.setProperty("--ink", this.colours[kind][1]);
    return node;
  }

  begin({ name, width, height }) { // with another picture
    const hadFocus = this.layer.contains(document.activeElement);
    this.stage.style.setProperty("--aspect", width / height || 1.5);
    this.stage.setAttribute("aria-label", `${name}, ${width} by ${height} pixels`);
    if (hadFocus) this.stage.focus({ preventScroll: true });
  }

  showPixels(address) { // undefined until they have come
    this.image.hidden = !address;
    if (address) this.image.src = address;
  }

  paint(tool) {
    const { page, state } = tool;
    this.paintBoxes(tool.shown(), tool);
    this.title.textContent = `${page.index + 1} of ${page.total} · ${page.name}`;
    this.pill.textContent = state === "boxes" ? counted(tool.boxes.length) : STATES[state];
    this.pill.dataset.state = this.stage.dataset.state = state;
    const { boxes, empty, unlabelled, refused } = page.counts;
    this.counts.textContent = `${boxes} labelled · ${empty} with nothing · ${unlabelled} to do` +
      (refused ? ` · ${refused} to mend` : "");
    this.paintButtons(tool);
  }

  paintBoxes(boxes, { selected, size }) { // elements are kept and moved, never made anew, so that the focus stays
    const { layer } = this;
    while (layer.children.length > boxes.length) {
      if (layer.lastChild === document.activeElement) this.focusBox(-1); // on the stage: keys go on reaching us
      layer.lastChild.remove();
    }
    while (layer.children.length < boxes.length) {
      layer.append(element("div", "", { class: "box", tabindex: 0, role: "img", "aria-roledescription": "box" }));
      layer.lastChild.innerHTML = `<span></span>${HANDLES}`;
    }
    boxes.forEach(({ kind, edges }, i) => {
      const node = this.coloured(layer.children[i], kind), [left, top, right, bottom] = edges.map(Math.round);
      this.placeBox(node, edges.map((edge, side) => 100 * edge / size[side % 2]));
      node.classList.toggle("selected", i === selected);
      node.firstChild.textContent = this.names[kind];
      node.setAttribute("aria-label", `Box ${i + 1} of ${boxes.length}: ${this.names[kind]}, left ${left}, ` +
        `top ${top}, ${right - left} wide, ${bottom - top} high`);
    });
  }

  placeBox(node, [left, top, right, bottom]) { // per cent of the stage
    const style = { left, top, width: right - left, height: bottom - top };
    for (const [name, share] of Object.entries(style)) node.style[name] = `${share}%`;
    node.classList.toggle("low", top < 6);
  }

  paintButtons({ page, boxes, selected, past, future, nothing, kind: chosen }) {
    const off = { previous: !page.index, next: page.index === page.total - 1, remove: selected < 0 };
    const isDone = !page.counts.unlabelled || page.todo === page.index;
    Object.assign(off, { undo: !past.length, redo: !future.length, none: boxes.length > 0, todo: isDone });
    for (const [does, isOff] of Object.entries(off)) {
      this.root.querySelector(`[data-does=${does}]`).setAttribute("aria-disabled", isOff);
    }
    this.root.querySelector("[data-does=none]").setAttribute("aria-pressed", nothing);
    [...this.kinds.children].forEach((button, kind) => button.setAttribute("aria-pressed", kind === chosen));
  }

  focusBox(i) { (this.layer.children[i] ?? this.stage).focus({ preventScroll: true }); }

  say(text, isProblem = false) {
    this.status.textContent = text;
    this.status.classList.toggle("problem", isProblem);
  }
}
