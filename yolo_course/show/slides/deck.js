/* Fits every slide to its page, then starts reveal.js.

   For each slide several plans are tried: everything in one column, or the blocks cut in two columns at each
   possible place. A plan is as good as its smallest letters, those in its figures included; the best one is taken.
   Text shrinks until all of it is on the page, figures take the room that is left. A slide that would become too
   small is cut between two cells, and its second half goes on a page of its own. */
(() => {
  "use strict";
  const FULL = 1.15; // a figure this many times as large as in the notebook is as good as text of full size
  const LARGEST = 1.6; // no figure is drawn larger than this
  const GROWN = 1.2; // the letters of a slide with few words
  const SMALLEST = 0.3;
  const SCALES = [GROWN, ...Array.from({ length: 15 }, (_, step) => 1 - 0.05 * step)]; // of the text: few sizes, fast
  const GAIN = 1.05; // two columns must be better than one by this factor, two pages better than one by more
  const PAGES_GAIN = 1.15;
  const SHARES = [0.5, 0.4, 0.6];
  const SIDES = [0.24, 0.33]; // of the width, for a heading beside a figure higher than this share of its width
  const TALL = 0.6;
  const WRAPPED = 0.75; // code that would have to be smaller than this gets its long lines wrapped

  const isFigure = (block) => block.classList.contains("figure");
  const naturalWidth = (image) => Number(image.dataset.width) || image.naturalWidth / 2 || 600;

  function shape(image) {
    const known = Number(image.dataset.height) / Number(image.dataset.width);
    return known || image.naturalHeight / image.naturalWidth || 0.5;
  }

  /** The plans worth trying: {cut, share, side}. Cut 0 is one column, otherwise the blocks before it stand on the
      left. With a tall figure the heading may stand at the side, so that the figure gets the whole height. */
  function plans(blocks, header, few) {
    const found = [{ cut: 0, share: 1 }];
    for (let cut = 1; cut < blocks.length; cut++) {
      if (blocks[cut].classList.contains("output") && !blocks[cut - 1].classList.contains("code")) continue;
      for (const share of few ? [SHARES[0]] : SHARES) found.push({ cut, share });
    }
    blocks.forEach((block, cut) => {
      if (!isFigure(block) || shape(block.firstChild) < TALL || !header.children.length) return;
      for (const share of SIDES) found.push({ cut, share, side: true });
    });
    return found;
  }

  function arrange(page, body, blocks, plan) {
    const two = plan.cut || plan.side, header = page.querySelector("header");
    const groups = two ? [blocks.slice(0, plan.cut), blocks.slice(plan.cut)] : [blocks];
    const columns = groups.map((group, index) => {
      const column = document.createElement("div");
      column.className = "column" + (group.length && group.every(isFigure) ? " pictures" : "");
      column.style.flexGrow = index ? 1 - plan.share : plan.share;
      column.append(...group);
      return column;
    });
    body.before(header);
    if (plan.side) columns[0].prepend(header);
    body.replaceChildren(...columns);
    return columns;
  }

  /** Code and tables that are too wide for their column get smaller letters; the result is the smallest factor.
      All sizes are read before any is changed, so that the browser lays the page out once a round. */
  function narrow(columns) {
    const wide = columns.flatMap((column) =>
      [...column.querySelectorAll("pre, table")].map((element) => ({ element, column, factor: 1 })));
    for (const { element } of wide) {
      element.classList.remove("wrapped");
      element.style.setProperty("--narrow", 1);
    }
    for (let round = 0; round < 3; round++) {
      const excess = wide.map(({ element, column }) => element.tagName === "PRE"
        ? element.clientWidth / element.scrollWidth : column.clientWidth / element.offsetWidth);
      if (!excess.some((share) => share < 0.999)) break;
      wide.forEach((each, index) => {
        if (excess[index] >= 0.999) return;
        each.factor = Math.max(each.factor * excess[index] * 0.985, SMALLEST);
        if (each.factor < WRAPPED && each.element.classList.contains("code")) {
          each.element.classList.add("wrapped");
          each.factor = WRAPPED;
        }
        each.element.style.setProperty("--narrow", each.factor);
      });
    }
    return Math.min(1, ...wide.map(({ factor }) => factor));
  }

  /** Lay the columns out at a scale of the text: does it fit, and how large are the smallest letters? */
  function lay(page, body, columns, scale) {
    page.style.setProperty("--scale", scale);
    const images = columns.map((column) => [...column.querySelectorAll(".block.figure img")]);
    for (const image of images.flat()) image.style.width = image.style.height = "0px";
    const isText = columns.some((column, index) => images[index].length < column.children.length);
    const letters = isText ? scale * narrow(columns) : Infinity;
    const rooms = columns.map((column) => {
      const last = column.lastElementChild;
      return body.clientHeight - 1 - (last.offsetTop + last.offsetHeight - column.firstElementChild.offsetTop);
    });
    const widths = columns.map((column) => column.clientWidth);
    let fits = rooms.every((room) => room >= 0), figure = Infinity;
    images.forEach((group, index) => {
      const sizes = group.map((image) => Math.min(widths[index], naturalWidth(image) * LARGEST));
      const wanted = sizes.reduce((sum, width, at) => sum + width * shape(group[at]), 0);
      const share = wanted ? Math.max(Math.min(1, rooms[index] / wanted), 0) : 1;
      fits = fits && share > 0;
      group.forEach((image, at) => {
        image.style.width = `${sizes[at] * share}px`;
        image.style.height = `${sizes[at] * share * shape(image)}px`;
        figure = Math.min(figure, (sizes[at] * share) / naturalWidth(image));
      });
    });
    return { fits, letters, figure, scale, good: fits ? Math.min(letters, figure / FULL, GROWN) : 0 };
  }

  /** The best scale of the text for a plan (smaller text leaves more room to figures); null if none is above `bar`. */
  function best(page, body, columns, bar) {
    const scales = SCALES.filter((scale) => scale > bar);
    const tried = (at) => {
      const found = lay(page, body, columns, scales[at]);
      const enough = found.letters === Infinity || found.figure / FULL >= Math.min(found.scale, 1);
      return found.fits && enough ? found : null;
    };
    let low = 0, high = scales.length - 1; // of the places in the list: too large, small enough
    let chosen = scales.length ? tried(low) : null;
    if (chosen || high < 1) return chosen;
    chosen = tried(high);
    while (chosen && high - low > 1) {
      const middle = (low + high) >> 1, found = tried(middle);
      if (found) [high, chosen] = [middle, found];
      else low = middle;
    }
    return chosen;
  }

  /** Lay out at this scale, or at a larger one where the text has room to grow without a loss to the figures. */
  function grown(page, body, columns, scale) {
    let found = lay(page, body, columns, scale);
    for (const larger of SCALES.filter((each) => each > scale && each <= 1).reverse()) {
      const next = lay(page, body, columns, larger);
      if (!next.fits || next.figure < 0.97 * found.figure) break;
      found = next;
    }
    return lay(page, body, columns, found.scale);
  }

  /** Try all plans for these blocks and leave the page laid out by the best of them; 0 if none is better than `bar`. */
  function fit(section, blocks, bar = 0) {
    const page = section.querySelector(".page"), body = page.querySelector(".body");
    let chosen = null;
    for (const plan of plans(blocks, page.querySelector("header"), bar > 0)) {
      const gain = chosen && chosen.plan.cut && !plan.side ? 1.01 : GAIN;
      const least = chosen ? chosen.found.good * gain : bar;
      const found = best(page, body, arrange(page, body, blocks, plan), least);
      if (found && (!chosen || found.good > least)) chosen = { plan, found };
      if (chosen && chosen.found.good >= 0.92) break;
    }
    if (!chosen && bar) return 0;
    chosen ??= { plan: { cut: 0, share: 1 }, found: { scale: SMALLEST } }; // it does not fit: the tests would say so
    const found = grown(page, body, arrange(page, body, blocks, chosen.plan), chosen.found.scale);
    page.dataset.fits = found.fits;
    page.dataset.text = Math.min(found.letters, GROWN).toFixed(3);
    page.dataset.figure = Math.min(found.figure, 9).toFixed(3);
    return found.good;
  }

  /** How well may a slide be cut before this block? Best between a question and its answer, or before new text. */
  function seam(blocks, index) {
    const [before, after] = [blocks[index - 1], blocks[index]];
    if (before.dataset.cell === after.dataset.cell) return 0;
    if (before.querySelector(".predict")) return 1.1;
    return after.classList.contains("text") ? (isFigure(before) ? 0.9 : 1) : 0.85;
  }

  /** Fit a slide; if it becomes too small, cut it where both halves come out best. */
  function fitOrCut(section, blocks, enough) {
    const good = fit(section, blocks);
    if (good >= enough || blocks.length < 2) return;
    const second = continuation(section);
    let chosen = null;
    for (let index = 1; index < blocks.length; index++) {
      const weight = seam(blocks, index);
      if (!weight) continue;
      const bar = Math.max(good, ((chosen ? chosen.value : good) / weight) ** 2); // each half must be better than this
      const first = fit(section, blocks.slice(0, index), bar);
      const value = first && weight * Math.sqrt(Math.min(first, 1) * Math.min(fit(second, blocks.slice(index), bar), 1));
      if (!chosen || value > chosen.value) chosen = { index, value };
    }
    if (chosen && chosen.value > good * PAGES_GAIN) {
      fitOrCut(section, blocks.slice(0, chosen.index), enough);
      fitOrCut(second, blocks.slice(chosen.index), enough);
    } else {
      second.remove();
      fit(section, blocks);
    }
  }

  /** An empty page after this one, with its heading in small letters and the same notes. */
  function continuation(section) {
    const next = section.cloneNode(true);
    next.dataset.of = section.dataset.of || section.id;
    const header = next.querySelector("header"), heading = header.lastElementChild;
    if (heading && !heading.classList.contains("running")) {
      header.innerHTML = `<p class="running">${heading.innerHTML}</p>`;
    }
    section.after(next);
    return next;
  }

  function fitAll() {
    const slides = document.querySelector(".slides"), enough = Number(slides.dataset.enough);
    for (const section of document.querySelectorAll("section.slide")) {
      const blocks = [...section.querySelectorAll(".column > .block")];
      section.parentElement.classList.add("measured");
      if (blocks.length) fitOrCut(section, blocks, enough);
      section.parentElement.classList.remove("measured");
    }
    const pages = [...document.querySelectorAll("section.slide")];
    pages.forEach((page, index) => {
      page.querySelector(".number").textContent = `${index + 1} / ${pages.length}`;
      const parts = pages.filter((each) => page.dataset.of && each.dataset.of === page.dataset.of);
      if (parts.length) page.id = `${page.dataset.of}-part-${parts.indexOf(page) + 2}`;
    });
  }

  window.addEventListener("load", () => {
    const start = performance.now();
    fitAll();
    document.documentElement.dataset.fitted = Math.round(performance.now() - start);
    Reveal.initialize({
      width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true,
      navigationMode: "linear", transition: "none", backgroundTransition: "none", slideNumber: false,
      pdfSeparateFragments: false, scrollActivationWidth: null, plugins: [RevealNotes],
    });
  });
})();
