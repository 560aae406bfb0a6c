(() => {
  const root = document.documentElement, button = document.getElementById("theme"), contents = document.getElementById("contents");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("cx-theme"); } catch { return null; } };
  const store = theme => { try { localStorage.setItem("cx-theme", theme); } catch { /* a page from a file may not */ } };
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
    [...table.tHead.rows[table.tHead.rows.length - 1].cells].forEach((head, index) => {
      if (!head.classList.contains("num")) return;
      const sorter = document.createElement("button");
      sorter.type = "button"; sorter.className = "sort"; sorter.append(...head.childNodes); head.append(sorter);
      sorter.addEventListener("click", () => sort(table, head, index, rows));
    });
  });
  const stops = () => document.querySelectorAll(".scroll").forEach(box => { if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else if (box.clientWidth) box.removeAttribute("tabindex"); });
  stops();
  addEventListener("resize", stops);
  document.addEventListener("toggle", stops, true);
  if (!contents) return;
  if (matchMedia("(max-width: 56rem)").matches) contents.open = false;
  const links = [...contents.querySelectorAll("a")];
  const mark = id => links.forEach(a => a.hash === "#" + id ? a.setAttribute("aria-current", "location") : a.removeAttribute("aria-current"));
  const watcher = new IntersectionObserver(seen => seen.filter(e => e.isIntersecting).forEach(e => mark(e.target.id)), { rootMargin: "0px 0px -70% 0px" });
  document.querySelectorAll("main h2[id]").forEach(h => watcher.observe(h));
})();
