(() => {
  const words = document.currentScript.dataset, make = (tag, more) => Object.assign(document.createElement(tag), more);
  const root = document.documentElement, button = document.getElementById("theme"), contents = document.getElementById("contents");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("cx-theme"); } catch { return null; } };
  const store = theme => { try { localStorage.setItem("cx-theme", theme); } catch { /* a file may not */ } };
  const current = () => root.dataset.theme || (system.matches ? "dark" : "light");
  const tell = () => { root.dataset.shown = current(); };
  if (["dark", "light"].includes(stored())) root.dataset.theme = stored();
  tell();
  system.addEventListener("change", tell);
  button.addEventListener("click", () => { root.dataset.theme = current() === "dark" ? "light" : "dark"; store(root.dataset.theme); tell(); });
  const digits = text => text.replace(/[\u0660-\u0669]/g, d => d.charCodeAt(0) - 0x660).replace(/[,\u066c\s]/g, "").replace("\u066b", ".").replace("\u2212", "-");
  const number = cell => parseFloat((digits((cell.querySelector("bdi") || cell).textContent).match(/-?\d+(\.\d+)?/) || ["NaN"])[0]);
  const sort = (table, head, index, rows) => {
    const next = { descending: "ascending", ascending: "" }[head.ariaSort] ?? "descending";
    table.querySelectorAll("th[aria-sort]").forEach(h => h.removeAttribute("aria-sort"));
    if (next) head.setAttribute("aria-sort", next);
    const sign = next === "ascending" ? 1 : -1, value = row => { const v = number(row.cells[index]); return isNaN(v) ? sign * Infinity : v; };
    table.tBodies[0].append(...(next ? [...rows].sort((a, b) => sign * (value(a) - value(b)) || rows.indexOf(a) - rows.indexOf(b)) : rows));
  };
  document.querySelectorAll("table.stack").forEach(table => {
    const rows = [...(table.tBodies[0]?.rows || [])];
    if (rows.length < 3 || table.querySelector("[rowspan], tbody [colspan]")) return;
    [...[...table.tHead.rows].at(-1).cells].forEach((head, index) => {
      if (!head.classList.contains("num")) return;
      const sorter = document.createElement("button");
      sorter.type = "button"; sorter.className = "sort"; sorter.append(...head.childNodes); head.append(sorter);
      sorter.addEventListener("click", () => sort(table, head, index, rows));
    });
  });
  requestAnimationFrame(() => setTimeout(() => { // the page is painted first
  document.querySelectorAll(".scroll > table").forEach(table => {
    const rows = [...(table.tBodies[0]?.rows || [])];
    if (rows.length <= 10 || table.querySelector("[rowspan], tbody [colspan]")) return;
    const bar = make("p", { className: "find" }), said = make("output"), picks = [];
    const plain = text => digits(text).toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f\u064b-\u065f\u2066-\u2069]/g, "");
    const field = make("input", { type: "search", autocomplete: "off" });
    const name = document.getElementById(table.getAttribute("aria-labelledby"))?.textContent || "";
    const big = rows.length > 999; // lay out a few
    let texts;
    const look = () => {
      const wanted = plain(field.value);
      texts ??= rows.map(row => plain(row.textContent));
      rows.forEach((row, at) => { row.hidden = !texts[at].includes(wanted) || picks.some(([place, pick]) => pick.value && row.cells[place].textContent !== pick.value); });
      const shown = rows.filter(row => !row.hidden);
      if (big) table.tBodies[0].replaceChildren(...shown.slice(0, 200));
      said.textContent = shown.length < rows.length ? words.rows.replace("##", rows.length).replace("#", shown.length) : "";
    };
    const add = (text, control) => { const label = make("label", { textContent: text + " " }); control.setAttribute("aria-label", text + ": " + name); label.append(control); bar.append(label, " "); control.addEventListener("input", look); };
    if (rows.length > 15) add(words.find, field);
    [...[...table.tHead.rows].at(-1).cells].forEach((head, at) => {
      const values = [...new Set(rows.map(row => row.cells[at].textContent))], n = values.length;
      if (head.classList.contains("num") || n < 2 || n > 12 || n === rows.length || !head.textContent) return;
      const pick = make("select");
      pick.append(new Option(words.any, ""), ...values.map(value => new Option(value, value)));
      picks.push([at, pick]);
      add(head.textContent, pick);
    });
    if (bar.firstChild) { bar.append(said); table.parentNode.before(bar); }
    if (big) { look(); table.classList.add("few"); }
  });
  const tip = make("div", { className: "tip", hidden: true }), inner = make("span", { dir: "auto" });
  tip.setAttribute("role", "status");
  tip.append(inner);
  document.body.append(tip);
  const hide = () => { tip.hidden = true; };
  document.querySelectorAll(".chart").forEach(chart => {
    const first = chart.querySelector("path.spots");
    if (!first) return;
    let at = 0;
    const spots = () => {
      const path = [...chart.querySelectorAll("path.spots")].find(each => each.closest("div").clientWidth), matrix = path?.getScreenCTM();
      if (!path) return [];
      const packed = (path.dataset.label || first.dataset.label).split("\u2028");
      let own = "";
      return [...path.getAttribute("d").matchAll(/M(-?\d+) (-?\d+)/g)].map(([, x, y], i) => ({ x: x * matrix.a + matrix.e, y: y * matrix.d + matrix.f, text: own = own.slice(0, packed[i].charCodeAt(0) - 65) + packed[i].slice(1) }));
    };
    const show = (spot, index) => {
      if (!spot) return;
      at = index;
      inner.textContent = spot.text;
      tip.hidden = false;
      tip.style.left = Math.max(4, Math.min(spot.x - tip.offsetWidth / 2, root.clientWidth - tip.offsetWidth - 4)) + "px";
      tip.style.top = (spot.y < tip.offsetHeight + 14 ? spot.y + 10 : spot.y - tip.offsetHeight - 10) + "px";
    };
    const point = event => {
      const all = spots(), far = all.map(spot => Math.hypot(spot.x - event.clientX, spot.y - event.clientY)), near = Math.min(...far);
      near < 40 ? show(all[far.indexOf(near)], far.indexOf(near)) : hide();
    };
    chart.tabIndex = 0;
    ["pointermove", "pointerdown"].forEach(kind => chart.addEventListener(kind, point));
    chart.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") hide(); });
    chart.addEventListener("blur", hide);
    chart.addEventListener("focus", () => { if (chart.matches(":focus-visible")) show(spots()[0], 0); });
    chart.addEventListener("keydown", event => {
      const all = spots(), step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1, Home: -at, End: all.length - 1 - at }[event.key];
      if (event.key === "Escape") hide();
      if (step === undefined) return;
      event.preventDefault();
      const next = Math.max(0, Math.min(all.length - 1, at + step));
      show(all[next], next);
    });
  });
  addEventListener("scroll", hide, { passive: true });
  }));
  const stops = () => document.querySelectorAll(".scroll").forEach(box => { if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else if (box.clientWidth) box.removeAttribute("tabindex"); });
  stops();
  addEventListener("resize", stops);
  document.addEventListener("toggle", stops, true);
  const whole = () => { if (location.hash === "#all") document.querySelectorAll("details").forEach(part => { part.open = true; }); };
  whole();
  addEventListener("hashchange", whole);
  if (!contents) return;
  if (matchMedia("(max-width: 56rem)").matches) contents.open = false;
  const links = [...contents.querySelectorAll("a")];
  const mark = id => links.forEach(a => a.hash === "#" + id ? a.setAttribute("aria-current", "location") : a.removeAttribute("aria-current"));
  const watcher = new IntersectionObserver(seen => seen.filter(e => e.isIntersecting).forEach(e => mark(e.target.id)), { rootMargin: "0px 0px -70% 0px" });
  document.querySelectorAll("main h2[id]").forEach(h => watcher.observe(h));
})();
