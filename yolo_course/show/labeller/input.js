// What hands do: keys, buttons, and mouse, finger or pen on the picture.

const CLICK = 4; // screen pixels: a pointer that moved less was meant as a click
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = { // each does what ACTIONS says
  n: "next", PageDown: "next", p: "previous", PageUp: "previous", u: "todo", a: "add", Enter: "add", 0: "none",
  Delete: "remove", Backspace: "remove", Escape: "cancel", "+": "larger", "=": "larger", "-": "smaller",
};
const WITH_CTRL = { z: "undo", Z: "redo", y: "redo", s: "save" };
const ACTIONS = { // also of the buttons, by their data-does
  next: (tool) => tool.goTo(tool.aim + 1),
  previous: (tool) => tool.goTo(tool.aim - 1),
  todo: (tool) => tool.goTo(tool.page.todo),
  add: (tool) => tool.insert(middle(tool.size, tool.boxes.length)),
  remove: (tool) => tool.remove(),
  undo: (tool) => tool.undo(),
  redo: (tool) => tool.redo(),
  none: (tool) => tool.markNothing(),
  cancel: (tool) => tool.cancel(),
  larger: (tool) => tool.zoomBy(1.5),
  smaller: (tool) => tool.zoomBy(1 / 1.5),
  save: (tool) => tool.say("Every change is saved already."),
};

class Keys {
  constructor(tool) {
    this.tool = tool;
    tool.view.root.addEventListener("keydown", (event) => this.key(event));
    tool.view.root.addEventListener("click", (event) => this.click(event));
  }

  click({ target }) {
    const button = target.closest("button");
    if (button?.dataset.kind) this.tool.choose(Number(button.dataset.kind));
    else if (button) ACTIONS[button.dataset.does](this.tool);
  }

  key(event) {
    event.stopPropagation();
    const does = event.altKey ? undefined : this.meaning(event);
    if (!does) return;
    event.preventDefault();
    does(this.tool);
  }

  meaning({ key: pressed, ctrlKey, metaKey, shiftKey, repeat, target }) {
    const key = pressed.length === 1 ? pressed.toLowerCase() : pressed, arrow = ARROWS[key];
    if (ctrlKey || metaKey) return ACTIONS[WITH_CTRL[shiftKey ? key.toUpperCase() : key]];
    if (key === "Enter" && target.closest("button, summary")) return undefined; // it presses that button
    if (key >= "1" && key <= "9") return (tool) => tool.choose(Number(key) - 1);
    if (arrow && this.tool.view.stage.contains(target)) return (tool) => tool.nudge(arrow, shiftKey, repeat);
    return ACTIONS[KEYS[key]];
  }
}

class Pointer { // a press becomes a drag when it has moved, else it is a click on release
  drag = null; // {id, does: "drawn", "moved" or "resized", handle, from, start, and when it has moved the new edges}
  fingers = new Map(); // by their pointer's id the last event of each finger on the picture
  grip = null; // of two fingers: {share: of the picture, what lies between them, scale: zoom by their distance}

  constructor(tool) {
    Object.assign(this, { tool, stage: tool.view.stage });
    const does = { down: this.press, move: this.pull, up: this.release, cancel: this.giveUp };
    for (const [name, method] of Object.entries(does)) this.stage.addEventListener(`pointer${name}`, method.bind(this));
    this.stage.addEventListener("wheel", this.turn.bind(this));
  }

  share({ clientX, clientY }) { // of the picture's width and height
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return [clamp((clientX - left) / width, 0, 1), clamp((clientY - top) / height, 0, 1)];
  }

  place(event) { return this.share(event).map((share, i) => share * this.tool.size[i]); } // in pixels of the picture

  press(event) {
    const { tool, stage } = this;
    if (event.isPrimary) this.fingers.clear(); // of one whose end we were not told
    if (event.pointerType === "touch") this.fingers.set(event.pointerId, event);
    if (this.fingers.size > 1) {
      this.giveUp(); // what the first one began to draw
      return this.pinch(...this.fingers.values());
    }
    if (!event.isPrimary || event.button || this.drag) return;
    event.preventDefault();
    if (tool.state === "refused") return tool.sayRefused();
    const from = this.place(event), handle = event.target.dataset.edge, box = tool.boxes[tool.selected];
    const does = handle ? "resized" : box && !event.shiftKey && holds(box, from) ? "moved" : "drawn";
    this.drag = { id: event.pointerId, does, handle, from, start: [event.clientX, event.clientY], edges: null };
    stage.setPointerCapture(event.pointerId);
    if (does === "drawn") stage.focus({ preventScroll: true });
    else tool.focusBox();
  }

  pull(event) {
    const { drag, tool } = this;
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, event);
    if (this.fingers.size > 1) return this.pinch(...this.fingers.values());
    if (drag?.id !== event.pointerId) return;
    if (!drag.edges && Math.hypot(event.clientX - drag.start[0], event.clientY - drag.start[1]) < CLICK) return;
    const to = this.place(event), by = [to[0] - drag.from[0], to[1] - drag.from[1]];
    const old = tool.boxes[tool.selected]?.edges;
    if (drag.does === "drawn") drag.edges = ordered([...drag.from, ...to]);
    if (drag.does === "moved") drag.edges = moved(old, by, tool.size);
    if (drag.does === "resized") drag.edges = ordered(pulled(old, drag.handle, by, tool.size));
    tool.paint();
  }

  release(event) {
    const { drag, tool } = this;
    this.letGo(event);
    if (drag?.id !== event.pointerId) return;
    this.drag = null;
    if (!drag.edges) tool.pick(drag.from);
    else if (!area(drag)) tool.paint();
    else if (drag.does === "drawn") tool.insert(drag.edges);
    else tool.replace(drag.edges, drag.does);
  }

  giveUp(event) {
    const had = this.drag;
    this.letGo(event);
    this.drag = null;
    this.tool.paint();
    return had;
  }

  letGo(event) {
    this.fingers.delete(event?.pointerId);
    this.grip = null;
  }

  pinch(one, other) {
    const point = { clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 };
    const apart = Math.max(1, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));
    this.grip ??= { share: this.share(point), scale: this.tool.zoom / apart };
    this.zoomTo(this.grip.scale * apart, this.grip.share, point);
  }

  turn(event) { // the wheel, or two fingers that pinch on a touchpad, which browsers tell as a wheel with Ctrl
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoomTo(this.tool.zoom * 2 ** (clamp(-event.deltaY, -50, 50) / 100), this.share(event), event);
  }

  zoomTo(zoom, [across, down], { clientX, clientY }) { // that share of the picture comes to lie at this place
    this.tool.zoomTo(zoom);
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    this.tool.view.window.scrollBy(left + across * width - clientX, top + down * height - clientY);
  }
}
