// Lets long names of code break where a word of theirs ends, instead of anywhere.
document.addEventListener("DOMContentLoaded", () => {
  const places =
    "h1, h2, h3, dt, :not(pre) > code, .bd-sidebar a, .prev-next-title, .bd-breadcrumbs";
  // After an underscore or a sign, and before a capital within a name.
  const breaks = /(?<=[_.=(,/])(?=\w)|(?<=[a-z])(?=[A-Z])/;
  for (const place of document.querySelectorAll(places)) {
    const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) {
      if (text.parentElement.closest("pre, svg")) continue;
      const parts = text.data.split(breaks);
      if (parts.length === 1) continue;
      const nodes = parts.flatMap((part, i) => (i ? [document.createElement("wbr"), part] : [part]));
      text.replaceWith(...nodes);
    }
  }
});
