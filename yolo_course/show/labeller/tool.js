// The labelling tool in the browser: the boxes of a picture, what is done to them, and the talk with the kernel, whose
// half is widget.py.

const CHOOSE = "Choose a box first: click on it, or press Tab.";

class Tool {
  boxes = [];
  nothing = false; // whether "nothing on this picture" is noted
  past = []; // `content` before each change of this picture
  future = []; // `content` before each step back
  selected = -1;
  kind = 0;
  zoom = 1;
  id = Math.random().toString(36); // of this view: a widget may be shown twice
  serial = 0; // of our last message
  doing = ""; // what that message changed
  aim = 0; // the picture that will be shown when all messages are answered
  pictures = new Map(); // from a picture's number to the address of its pixels

  constructor(model, el) {
    Object.assign(this, { model, names: model.get("names") });
    this.view = new View(el, this.names, model.get("colours"), model.get("help"));
    this.pointer = new Pointer(this);
    new Keys(this);
    this.events = { "change:page": () => this.take(), "msg:custom": (...answer) => this.keepPicture(...answer) };
    for (const [name, does] of Object.entries(this.events)) model.on(name, does);
    const { layer } = this.view;
    layer.addEventListener("focusin", ({ target }) => this.select([...layer.children].indexOf(target)));
    this.take();
  }

  close() {
    for (const [name, does] of Object.entries(this.events)) this.model.off(name, does);
    clearTimeout(this.patience);
    this.pictures.forEach((address) => URL.revokeObjectURL(address));
  }

  get content() {
    const { boxes, nothing, selected } = this;
    return { boxes, nothing, selected };
  }

  get size() { return [this.page.width, this.page.height]; }

  get state() {
    if (this.page.state === "refused") return "refused";
    return this.boxes.length ? "boxes" : this.nothing ? "empty" : "unlabelled";
  }

  shown() { // the boxes, as they will be if the drag that goes on ends now
    const { boxes, selected, kind, pointer: { drag } } = this;
    if (!drag?.edges) return boxes;
    const { does, edges } = drag;
    return does === "drawn" ? [...boxes, { kind, edges }] : changed(boxes, selected, { edges });
  }

  paint() { this.view.paint(this); }

  say(text, isProblem) { this.view.say(text, isProblem); }

  sayRefused() { this.say(this.page.message, true); }

  // From the kernel. While answers to earlier messages of ours still come in, what we have is newer.
  take() {
    const page = this.model.get("page"), isNew = page.visit !== this.page?.visit, isOurs = page.by === this.id;
    const isLast = !isOurs || page.serial === this.serial;
    this.page = page;
    if (isLast) this.aim = page.index;
    if (isNew || !isOurs) {
      this.boxes = page.boxes.map(([kind, ...edges]) => ({ kind, edges }));
      this.nothing = page.state === "empty";
      this.pointer.drag = null;
    }
    if (isNew) this.begin();
    if (isNew || isLast) {
      clearTimeout(this.patience);
      this.say(page.message || (isNew ? this.welcome() : `${this.doing} Saved.`), Boolean(page.message));
    }
    this.paint();
  }

  begin() {
    Object.assign(this, { past: [], future: [], selected: -1 });
    this.view.begin(this.page);
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
    this.view.showPixels(this.pictures.get(index));
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
    if (this.state === "refused") return this.sayRefused();
    if (remember) {
      this.past.push(this.content);
      this.future = [];
    }
    Object.assign(this, { boxes, nothing, doing, selected: Math.min(selected, boxes.length - 1) });
    this.pointer.drag = null;
    this.paint();
    const rows = boxes.map(({ kind, edges }) => [kind, ...edges]);
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

  // What keys, buttons and the pointer do.
  insert(edges) {
    const doing = `Box ${this.boxes.length + 1}, ${this.names[this.kind]}, drawn.`;
    this.change([...this.boxes, { kind: this.kind, edges }], doing, { selected: this.boxes.length });
    this.focusBox();
  }

  replace(edges, doing, remember = true) {
    const { boxes, selected } = this, text = `Box ${selected + 1}, ${this.names[boxes[selected].kind]}, ${doing}.`;
    this.change(changed(boxes, selected, { edges }), text, { remember });
  }

  remove() {
    if (this.selected < 0) return this.say(CHOOSE);
    const left = this.boxes.filter((_, i) => i !== this.selected), { kind } = this.boxes[this.selected];
    const hint = left.length ? "" : " The picture is not labelled any more: press 0 if there is nothing on it.";
    this.change(left, `Box ${this.selected + 1}, ${this.names[kind]}, deleted.${hint}`);
    this.focusBox();
  }

  undo() { this.step("undo", this.past, this.future); }

  redo() { this.step("redo", this.future, this.past); }

  step(verb, from, to) {
    if (!from.length) return this.say(`There is nothing to ${verb} on this picture.`);
    to.push(this.content);
    const { boxes, ...rest } = from.pop();
    this.change(boxes, verb === "undo" ? "Undone." : "Redone.", { ...rest, remember: false });
  }

  markNothing() {
    if (this.boxes.length) return this.say("There are boxes on this picture: delete them first.");
    const doing = this.nothing ? "Taken back: this picture is not labelled." : "Nothing on this picture: noted.";
    this.change([], doing, { nothing: !this.nothing });
  }

  choose(kind) {
    const { boxes, selected } = this;
    if (kind >= this.names.length) return;
    this.kind = kind;
    if (boxes[selected] && boxes[selected].kind !== kind) {
      this.change(changed(boxes, selected, { kind }), `Box ${selected + 1} is now ${this.names[kind]}.`);
    } else {
      this.say(`Class ${this.names[kind]}.`);
      this.paint();
    }
  }

  select(i) {
    this.selected = i;
    this.kind = this.boxes[i]?.kind ?? this.kind;
    this.paint();
  }

  pick(point) {
    this.select(boxAt(point, this.boxes, this.selected));
    this.focusBox();
  }

  cancel() { // a drag, if one goes on, else what is chosen
    if (this.pointer.giveUp()) return;
    this.view.stage.focus({ preventScroll: true });
    this.select(-1);
  }

  focusBox() { this.view.focusBox(this.selected); }

  zoomTo(zoom) {
    this.zoom = clamp(zoom, 1, 8);
    this.view.stage.style.setProperty("--zoom", this.zoom);
    this.say(`Zoom ${Math.round(100 * this.zoom)} %.`);
  }

  zoomBy(factor) {
    this.zoomTo(this.zoom * factor);
    this.view.layer.children[this.selected]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  nudge([x, y], resizes, isHeld) {
    if (this.selected < 0) return this.say(CHOOSE);
    const step = Math.max(1, Math.round(Math.max(...this.size) / 500)) * (isHeld ? 4 : 1);
    const edges = (resizes ? stretched : moved)(this.boxes[this.selected].edges, [x * step, y * step], this.size);
    this.replace(edges, resizes ? "resized" : "moved", !isHeld);
  }
}

export default {
  render({ model, el }) {
    const tool = new Tool(model, el);
    return () => tool.close();
  },
};
