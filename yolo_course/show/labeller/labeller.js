// The labelling tool in the browser: it draws the boxes and follows pointer and keys. widget.py has the other half.
//
// Boxes are {kind, edges: [left, top, right, bottom]} in pixels of the picture, and are replaced, never changed: so the
// numbers of a box that nobody touched go back to the kernel as they came. On the page they are <div>s placed in
// per cent of the stage, which makes the size of the view, zoom and a phone's screen the browser's business.

const CLICK = 4; // screen pixels: a pointer that moved less was meant as a click
const CHOOSE = "Choose a box first: click on it, or press Tab.";
const STATES = { unlabelled: "not labelled", empty: "nothing on it", boxes: "labelled", refused: "cannot be changed" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = { // from a key to what a button with the same data-does does
  n: "next", PageDown: "next", p: "previous", PageUp: "previous", u: "todo", a: "add", Enter: "add", 0: "none",
  Delete: "remove", Backspace: "remove", Escape: "cancel", "+": "larger", "=": "larger", "-": "smaller",
};
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
    <button data-does="none" title="There is no object here (0)">Nothing on this picture</button>
    <span class="counts"></span>
  </div>
  <div class="status" role="status"></div>
  <details><summary>Keys</summary><dl></dl></details>`;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const area = ({ edges: [left, top, right, bottom] }) => (right - left) * (bottom - top);
const holds = ({ edges: [left, top, right, bottom] }, [x, y]) => left <= x && x <= right && top <= y && y <= bottom;
const counted = (count) => (count === 1 ? "1 box" : `${count} boxes`);

function element(tag, text, attributes = {}) {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

class Tool {
  constructor(model, el) {
    Object.assign(this, { model, names: model.get("names"), colours: model.get("colours"), pictures: new Map() });
    Object.assign(this, { boxes: [], nothing: false, past: [], selected: -1, kind: 0, zoom: 1, drag: null });
    Object.assign(this, { id: Math.random().toString(36), serial: 0, doing: "", aim: 0 });
    // JupyterLab looks for its shortcuts (a: new cell, d d: delete it) before any key reaches us, but not in here.
    this.root = element("div", "", { class: "yolo-labeller", role: "group", "data-lm-suppress-shortcuts": "true" });
    this.root.innerHTML = PAGE;
    const found = (name) => this.root.querySelector(`.${name}`);
    for (const name of ["title", "pill", "stage", "layer", "kinds", "counts", "status"]) this[name] = found(name);
    this.image = this.root.querySelector("img");
    this.kinds.append(...this.names.map((name, kind) => {
      const button = element("button", name, { "data-kind": kind });
      if (kind < 9) button.prepend(element("kbd", kind + 1));
      return this.coloured(button, kind);
    }));
    const rows = model.get("help").map(([key, does]) => [element("dt", key), element("dd", does)]);
    this.root.querySelector("dl").append(...rows.flat());
    el.append(this.root);
    this.listen();
    this.take();
  }

  coloured(node, kind) {
    node.style.setProperty("--fill", this.colours[kind][0]);
    node.style.setProperty("--ink", this.colours[kind][1]);
    return node;
  }

  listen() {
    const { stage, root } = this, on = (node, name, does) => node.addEventListener(name, does.bind(this));
    this.events = { "change:page": () => this.take(), "msg:custom": (...answer) => this.keepPicture(...answer) };
    for (const [name, does] of Object.entries(this.events)) this.model.on(name, does);
    on(root, "keydown", this.key);
    on(root, "click", this.click);
    on(stage, "pointerdown", this.press);
    on(stage, "pointermove", this.pull);
    on(stage, "pointerup", this.release);
    on(stage, "pointercancel", this.giveUp);
    on(this.layer, "focusin", ({ target }) => this.select([...this.layer.children].indexOf(target)));
  }

  close() {
    for (const [name, does] of Object.entries(this.events)) this.model.off(name, does);
    clearTimeout(this.patience);
    this.pictures.forEach((address) => URL.revokeObjectURL(address));
  }

  // From the kernel. While answers to earlier messages of ours still come in, what we have is newer.
  take() {
    const page = this.model.get("page"), isNew = page.visit !== this.page?.visit, isOurs = page.by === this.id;
    this.page = page;
    if (!isOurs || page.serial === this.serial) this.aim = page.index;
    if (isNew || !isOurs) {
      this.boxes = page.boxes.map(([kind, ...edges]) => ({ kind, edges }));
      Object.assign(this, { nothing: page.state === "empty", drag: null });
    }
    if (isNew) this.begin();
    if (isNew || !isOurs || page.serial === this.serial) {
      clearTimeout(this.patience);
      this.say(page.message || (isNew ? this.welcome() : `${this.doing} Saved.`), Boolean(page.message));
    }
    this.paint();
  }

  begin() {
    const { name, width, height } = this.page, hadFocus = this.layer.contains(document.activeElement);
    Object.assign(this, { past: [], selected: -1 });
    this.stage.style.setProperty("--aspect", width / height || 1.5);
    this.stage.setAttribute("aria-label", `${name}, ${width} by ${height} pixels`);
    if (hadFocus) this.stage.focus({ preventScroll: true });
    this.showPicture();
  }

  welcome() {
    const { index, total, name, state } = this.page;
    const what = state === "boxes" ? counted(this.boxes.length) : STATES[state];
    return `Picture ${index + 1} of ${total}, ${name}: ${what}.`;
  }

  showPicture() { // asks for this one, then for the next; others are let go
    const { index, total, width } = this.page;
    for (const [number, address] of this.pictures) {
      if (Math.abs(number - index) > 1) this.pictures.delete(number), URL.revokeObjectURL(address);
    }
    this.image.hidden = !this.pictures.has(index);
    if (!this.image.hidden) this.image.src = this.pictures.get(index);
    const wanted = [index, index + 1].find((number) => number < total && !this.pictures.has(number));
    if (width && wanted !== undefined && index === this.aim) this.model.send({ do: "picture", index: wanted });
  }

  keepPicture({ picture, problem }, [bytes]) {
    if (problem && picture === this.page.index) this.say(problem, true);
    if (problem || this.pictures.has(picture)) return;
    this.pictures.set(picture, URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" })));
    this.showPicture();
  }

  // To the kernel: every change goes there at once, and is on the disk when the answer comes.
  change(boxes, doing, { selected = this.selected, nothing = false, remember = true } = {}) {
    if (this.page.state === "refused") return this.say(this.page.message, true);
    if (remember) this.past.push({ boxes: this.boxes, nothing: this.nothing });
    Object.assign(this, { boxes, nothing, doing, drag: null, selected: Math.min(selected, boxes.length - 1) });
    const rows = boxes.map(({ kind, edges }) => [kind, ...edges]);
    this.paint();
    this.tell({ do: "save", visit: this.page.visit, boxes: rows, nothing }, `${doing} Not saved yet. `);
  }

  tell(content, waiting = "") { // the kernel; where it has ended, `send` may throw, so the clock runs before
    clearTimeout(this.patience);
    const why = "The kernel does not answer: it is busy, or it ended; then run this cell again.";
    this.patience = setTimeout(() => this.say(waiting + why, true), 1500);
    this.model.send({ ...content, by: this.id, serial: ++this.serial });
  }

  goTo(index) { // several presses in a row count from where the last one leads to, not from what is shown yet
    const { total } = this.page;
    if (index === this.aim) this.say("No other picture is without labels.");
    else if (index < 0 || index >= total) this.say(`This is the ${index < 0 ? "first" : "last"} picture.`);
    else this.tell({ do: "go", index: (this.aim = index) });
  }

  // What keys and buttons do.
  actions = {
    next: () => this.goTo(this.aim + 1),
    previous: () => this.goTo(this.aim - 1),
    todo: () => this.goTo(this.page.todo),
    add: () => { this.insert(this.middle()); this.focusBox(); },
    remove: () => this.remove(),
    undo: () => this.undo(),
    none: () => this.markNothing(),
    cancel: () => this.giveUp() || this.stage.focus({ preventScroll: true }) || this.select(-1),
    larger: () => this.setZoom(1.5),
    smaller: () => this.setZoom(1 / 1.5),
  };

  click({ target }) {
    const button = target.closest("button");
    if (button?.dataset.kind) this.choose(Number(button.dataset.kind));
    else if (button) this.actions[button.dataset.does]();
  }

  key(event) {
    event.stopPropagation();
    const { ctrlKey, metaKey, altKey, shiftKey, target, repeat } = event, arrow = ARROWS[event.key];
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let does = this.actions[KEYS[key]];
    if (ctrlKey || metaKey) does = { z: this.actions.undo, s: () => this.say("Every change is saved already.") }[key];
    else if (arrow && this.stage.contains(target)) does = () => this.nudge(arrow, shiftKey, repeat);
    else if (key >= "1" && key <= "9") does = () => this.choose(Number(key) - 1);
    else if (key === "Enter" && target.closest("button, summary")) return; // it presses that button
    if (!does || altKey) return;
    event.preventDefault();
    does();
  }

  insert(edges) {
    const doing = `Box ${this.boxes.length + 1}, ${this.names[this.kind]}, drawn.`;
    this.change([...this.boxes, { kind: this.kind, edges }], doing, { selected: this.boxes.length });
  }

  middle() { // a little further right and down for each box that is there already
    const { width, height } = this.page, shift = (this.boxes.length % 12) / 50;
    return [3 / 8, 3 / 8, 5 / 8, 5 / 8].map((share, i) => (share + shift) * (i % 2 ? height : width));
  }

  replace(edges, doing, remember = true) {
    const { boxes, selected } = this, text = `Box ${selected + 1}, ${this.names[boxes[selected].kind]}, ${doing}.`;
    this.change(boxes.map((box, i) => (i === selected ? { ...box, edges } : box)), text, { remember });
  }

  remove() {
    if (this.selected < 0) return this.say(CHOOSE);
    const left = this.boxes.filter((_, i) => i !== this.selected), { kind } = this.boxes[this.selected];
    const hint = left.length ? "" : " The picture is not labelled any more: press 0 if there is nothing on it.";
    this.change(left, `Box ${this.selected + 1}, ${this.names[kind]}, deleted.${hint}`);
    this.focusBox();
  }

  undo() {
    const before = this.past.pop();
    if (!before) return this.say("There is nothing to undo on this picture.");
    this.change(before.boxes, "Undone.", { nothing: before.nothing, remember: false });
  }

  markNothing() {
    if (this.boxes.length) return this.say("There are boxes on this picture: delete them first.");
    const doing = this.nothing ? "Taken back: this picture is not labelled." : "Nothing on this picture: noted.";
    this.change([], doing, { nothing: !this.nothing });
  }

  choose(kind) {
    const box = this.boxes[this.selected];
    if (kind >= this.names.length) return;
    this.kind = kind;
    if (!box || box.kind === kind) return this.say(`Class ${this.names[kind]}.`) || this.paint();
    const boxes = this.boxes.map((each) => (each === box ? { ...each, kind } : each));
    this.change(boxes, `Box ${this.selected + 1} is now ${this.names[kind]}.`);
  }

  select(i) {
    this.selected = i;
    this.kind = this.boxes[i]?.kind ?? this.kind;
    this.paint();
  }

  focusBox() { (this.layer.children[this.selected] ?? this.stage).focus({ preventScroll: true }); }

  setZoom(factor) {
    this.zoom = clamp(this.zoom * factor, 1, 8);
    this.stage.style.setProperty("--zoom", this.zoom);
    this.layer.children[this.selected]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.say(`Zoom ${Math.round(100 * this.zoom)} %.`);
  }

  nudge([x, y], resizes, isHeld) {
    if (this.selected < 0) return this.say(CHOOSE);
    const { width, height } = this.page, { edges } = this.boxes[this.selected];
    const step = Math.max(1, Math.round(Math.max(width, height) / 500)) * (isHeld ? 4 : 1);
    const [left, top, right, bottom] = edges;
    const larger = [left, top, clamp(right + x * step, left + 1, width), clamp(bottom + y * step, top + 1, height)];
    this.replace(resizes ? larger : this.moved(edges, x * step, y * step), resizes ? "resized" : "moved", !isHeld);
  }

  moved([left, top, right, bottom], x, y) {
    const dx = clamp(x, Math.min(0, -left), Math.max(0, this.page.width - right));
    const dy = clamp(y, Math.min(0, -top), Math.max(0, this.page.height - bottom));
    return [left + dx, top + dy, right + dx, bottom + dy];
  }

  // The pointer: mouse, finger or pen. A press becomes a drag when it has moved, else it is a click on release.
  place({ clientX, clientY }) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    const across = clamp((clientX - left) / width, 0, 1), down = clamp((clientY - top) / height, 0, 1);
    return [across * this.page.width, down * this.page.height];
  }

  press(event) {
    if (!event.isPrimary || event.button || this.drag) return;
    event.preventDefault();
    if (this.page.state === "refused") return this.say(this.page.message, true);
    const from = this.place(event), { edge } = event.target.dataset, box = this.boxes[this.selected];
    const does = edge ? "resized" : box && !event.shiftKey && holds(box, from) ? "moved" : "drawn";
    this.drag = { id: event.pointerId, does, edge, from, start: [event.clientX, event.clientY], edges: null };
    this.stage.setPointerCapture(event.pointerId);
    if (does === "drawn") this.stage.focus({ preventScroll: true });
    else this.focusBox();
  }

  pull(event) {
    const { drag } = this;
    if (drag?.id !== event.pointerId) return;
    if (!drag.edges && Math.hypot(event.clientX - drag.start[0], event.clientY - drag.start[1]) < CLICK) return;
    const [x, y] = this.place(event), [x0, y0] = drag.from, old = this.boxes[this.selected]?.edges;
    if (drag.does === "drawn") drag.edges = [x0, y0, x, y];
    if (drag.does === "moved") drag.edges = this.moved(old, x - x0, y - y0);
    if (drag.does === "resized") {
      const pulled = { w: old[0] + x - x0, n: old[1] + y - y0, e: old[2] + x - x0, s: old[3] + y - y0 };
      const limits = [this.page.width, this.page.height];
      drag.edges = ["w", "n", "e", "s"].map((side, i) =>
        drag.edge.includes(side) ? clamp(pulled[side], 0, limits[i % 2]) : old[i]);
    }
    const [left, top, right, bottom] = drag.edges; // pulled over the opposite edge, an edge changes places with it
    drag.edges = [Math.min(left, right), Math.min(top, bottom), Math.max(left, right), Math.max(top, bottom)];
    this.paint();
  }

  release(event) {
    const { drag } = this;
    if (drag?.id !== event.pointerId) return;
    this.drag = null;
    if (!drag.edges) this.pick(drag.from);
    else if (!area(drag)) this.paint();
    else if (drag.does === "drawn") this.insert(drag.edges), this.focusBox();
    else this.replace(drag.edges, drag.does);
  }

  pick(point) { // the smallest box at this point; clicked again, the next larger one below it
    const here = this.boxes.filter((box) => holds(box, point)).sort((a, b) => area(a) - area(b));
    const next = here[(here.indexOf(this.boxes[this.selected]) + 1) % here.length];
    this.select(this.boxes.indexOf(next));
    this.focusBox();
  }

  giveUp() {
    const had = this.drag;
    this.drag = null;
    this.paint();
    return had;
  }

  // What is seen. Elements are kept and moved, never made anew, so that the focus stays where it is.
  paint() {
    const { boxes, drag, page, layer } = this, shown = [...boxes];
    if (drag?.edges && drag.does === "drawn") shown.push({ kind: this.kind, edges: drag.edges });
    else if (drag?.edges) shown[this.selected] = { ...boxes[this.selected], edges: drag.edges };
    while (layer.children.length > shown.length) layer.lastChild.remove();
    while (layer.children.length < shown.length) {
      layer.append(element("div", "", { class: "box", tabindex: 0, role: "img", "aria-roledescription": "box" }));
      layer.lastChild.innerHTML = `<span></span>${HANDLES}`;
    }
    shown.forEach((box, i) => this.paintBox(layer.children[i], box, i));
    this.title.textContent = `${page.index + 1} of ${page.total} · ${page.name}`;
    const state = page.state === "refused" ? "refused" : boxes.length ? "boxes" : this.nothing ? "empty" : "unlabelled";
    this.pill.textContent = state === "boxes" ? counted(boxes.length) : STATES[state];
    this.pill.dataset.state = this.stage.dataset.state = state;
    const { boxes: labelled, empty, unlabelled, refused } = page.counts;
    this.counts.textContent = `${labelled} labelled · ${empty} with nothing · ${unlabelled} to do` +
      (refused ? ` · ${refused} to mend` : "");
    const off = { previous: !page.index, next: page.index === page.total - 1, remove: this.selected < 0 };
    const isDone = !unlabelled || page.todo === page.index;
    Object.assign(off, { undo: !this.past.length, none: boxes.length > 0, todo: isDone });
    for (const [does, isOff] of Object.entries(off)) {
      this.root.querySelector(`[data-does=${does}]`).setAttribute("aria-disabled", isOff);
    }
    this.root.querySelector("[data-does=none]").setAttribute("aria-pressed", this.nothing);
    [...this.kinds.children].forEach((button, kind) => button.setAttribute("aria-pressed", kind === this.kind));
  }

  paintBox(node, { kind, edges }, i) {
    const { width, height } = this.page, [left, top, right, bottom] = edges.map(Math.round);
    const shares = edges.map((edge, side) => 100 * edge / (side % 2 ? height : width));
    const style = { left: shares[0], top: shares[1], width: shares[2] - shares[0], height: shares[3] - shares[1] };
    for (const [name, share] of Object.entries(style)) node.style[name] = `${share}%`;
    this.coloured(node, kind).classList.toggle("selected", i === this.selected);
    node.classList.toggle("low", shares[1] < 6);
    node.firstChild.textContent = this.names[kind];
    node.setAttribute("aria-label", `Box ${i + 1} of ${this.boxes.length}: ${this.names[kind]}, left ${left}, ` +
      `top ${top}, ${right - left} wide, ${bottom - top} high`);
  }

  say(text, isProblem = false) {
    this.status.textContent = text;
    this.status.classList.toggle("problem", isProblem);
  }
}

export default {
  render({ model, el }) {
    const tool = new Tool(model, el);
    return () => tool.close();
  },
};
