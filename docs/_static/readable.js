// Lets long names of code break where a word of theirs ends, and marks cells of long text.
document.addEventListener("DOMContentLoaded", () => {
  for (const cell of document.querySelectorAll(".bd-article td")) {
    if (cell.textContent.length > 40) cell.classList.add("long-text");
  }
  const places =
    "h1, h2, h3, dt, :not(pre) > code, .bd-sidebar a, .prev-next-title, .bd-breadcrumbs";
  // Within a name of twelve characters or more: after an underscore or a sign, before a capital.
  const names = /(\S{12,})/;
  const breaks = /(?<=[_.=(,/])(?=\w)|(?<=[a-z])(?=[A-Z])/;
  for (const place of document.querySelectorAll(places)) {
    const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) {
      if (text.parentElement.closest("pre, svg")) continue;
      const parts = text.data.split(names).flatMap((word) =>
        word.split(names.test(word) ? breaks : /(?!)/).flatMap((part, i) =>
          i ? [document.createElement("wbr"), part] : [part]));
      if (parts.length > 1) text.replaceWith(...parts);
    }
  }
});
