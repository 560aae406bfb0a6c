(() => {
  const root = document.documentElement, button = document.getElementById("theme"), contents = document.getElementById("contents");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("cx-theme"); } catch { return null; } };
  const store = theme => { try { localStorage.setItem("cx-theme", theme); } catch { /* a page from a file may not */ } };
  const current = () => root.dataset.theme || (system.matches ? "dark" : "light");
  const tell = () => button.setAttribute("aria-pressed", String(current() === "dark"));
  if (["dark", "light"].includes(stored())) root.dataset.theme = stored();
  tell();
  system.addEventListener("change", tell);
  button.addEventListener("click", () => { root.dataset.theme = current() === "dark" ? "light" : "dark"; store(root.dataset.theme); tell(); });
  if (!contents) return;
  if (matchMedia("(max-width: 56rem)").matches) contents.open = false;
  const links = [...contents.querySelectorAll("a")];
  const mark = id => links.forEach(a => a.hash === "#" + id ? a.setAttribute("aria-current", "location") : a.removeAttribute("aria-current"));
  const watcher = new IntersectionObserver(seen => seen.filter(e => e.isIntersecting).forEach(e => mark(e.target.id)), { rootMargin: "0px 0px -70% 0px" });
  document.querySelectorAll("main h2[id]").forEach(h => watcher.observe(h));
})();
