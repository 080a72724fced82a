// Before the first paint: the chosen theme and language, so that nothing flashes.
(function () {
  var root = document.documentElement;
  try {
    var kept = JSON.parse(localStorage.getItem("preferences") || "{}").state || {};
    if (/^(dark|light|contrast)$/.test(kept.theme)) root.dataset.theme = kept.theme;
    var language = kept.language || navigator.language || "en";
    root.lang = language.slice(0, 2) === "fr" ? "fr" : "en";
  } catch {
    root.lang = "en";
  }
})();
