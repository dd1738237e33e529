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

  constructor(tool) {
    Object.assign(this, { tool, stage: tool.view.stage });
    const events = { pointerdown: "press", pointermove: "pull", pointerup: "release", pointercancel: "giveUp" };
    for (const [name, does] of Object.entries(events)) this.stage.addEventListener(name, (event) => this[does](event));
  }

  place({ clientX, clientY }) { // in pixels of the picture
    const { left, top, width, height } = this.stage.getBoundingClientRect(), [w, h] = this.tool.size;
    return [w * clamp((clientX - left) / width, 0, 1), h * clamp((clientY - top) / height, 0, 1)];
  }

  press(event) {
    const { tool, stage } = this;
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
    if (drag?.id !== event.pointerId) return;
    this.drag = null;
    if (!drag.edges) tool.pick(drag.from);
    else if (!area(drag)) tool.paint();
    else if (drag.does === "drawn") tool.insert(drag.edges);
    else tool.replace(drag.edges, drag.does);
  }

  giveUp() {
    const had = this.drag;
    this.drag = null;
    this.tool.paint();
    return had;
  }
}
