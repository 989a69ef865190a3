// What the theme leaves out for keyboards and screen readers: wide tables can be scrolled by keyboard, landmarks have names.
function complete() {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) table.tabIndex = 0;
  document.querySelectorAll(".md-code__nav:not([aria-label])").forEach((nav) => {
    const number = [...document.querySelectorAll(".md-code__nav")].indexOf(nav) + 1;
    nav.setAttribute("aria-label", `Code ${number}`);
  });
  for (const nav of document.querySelectorAll("nav.md-nav[aria-labelledby]")) {
    const title = nav.closest("li")?.querySelector(".md-nav__link");
    nav.removeAttribute("aria-labelledby");
    nav.setAttribute("aria-label", title ? title.textContent.trim() : "Section");
  }
  document.querySelectorAll(".md-nav--secondary .md-nav:not([data-numbered])").forEach((nav, index) => {
    nav.dataset.numbered = "";
    nav.setAttribute("aria-label", `${nav.getAttribute("aria-label") ?? "Part"} (${index + 1})`);
  });
}
complete();
new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
