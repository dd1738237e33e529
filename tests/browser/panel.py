"""An explorer's panel in JupyterLab: press its keys, and wait for its picture."""

IMAGE, PANEL = "img.widget-image", ".widget-vbox"
CONTROL = ".noUi-handle, select, input"

# From a key going down to the new picture having loaded; `cell.answer` waits for it.
WATCH = """(cell) => {
  const image = cell.querySelector('img.widget-image');
  cell.addEventListener('keydown', () => {
    const began = performance.now();
    cell.answer = new Promise((done) => {
      image.addEventListener('load', () => done(performance.now() - began), {once: true});
    });
  }, true);
}"""
ANSWER = """async (cell) => {
  const tired = new Promise((done) => setTimeout(() => done(null), 15000));
  return await Promise.race([cell.answer, tired]);
}"""
# Can the control still go up, and down? A switch can do neither.
ROOM = """(control) => {
  if (control.tagName === 'INPUT') return [false, false];
  const isList = control.tagName === 'SELECT';
  const value = isList ? control.selectedIndex : Number(control.ariaValueNow);
  return [value < (isList ? control.options.length - 1 : Number(control.ariaValueMax)),
    value > (isList ? 0 : Number(control.ariaValueMin))];
}"""


def ready(page, number):
    """The cell of this number, its picture in view and watched."""
    cell = page.locator(f"[data-number='{number}']")
    cell.locator(IMAGE).wait_for()
    cell.scroll_into_view_if_needed()
    cell.evaluate(WATCH)
    return cell


def pressed(cell, times: int) -> list[float]:
    """Walk with the arrow keys over the cell's first control: milliseconds from each key to its picture."""
    control, up, waited = cell.locator(CONTROL).first, True, []
    for _ in range(times):
        room = control.evaluate(ROOM)
        up = room[0] and (up or not room[1])
        control.press("Space" if not any(room) else "ArrowRight" if up else "ArrowLeft")
        waited.append(cell.evaluate(ANSWER))
        assert waited[-1] is not None, "a key was pressed, and the picture stayed as it was"
    return waited
