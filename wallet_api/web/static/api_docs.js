// Filters the operations by what stands in them: path, text, field, problem code.
"use strict";

const filter = document.getElementById("filter");
const found = document.getElementById("found");
const articles = [...document.querySelectorAll("article")].map((element) => ({
  element,
  link: document.querySelector(`[data-for="${element.id}"]`),
  text: element.textContent.toLowerCase(),
}));

function show() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { element, link, text } of articles) {
    const fits = words.every((word) => text.includes(word));
    element.hidden = !fits;
    link.hidden = !fits;
    count += fits;
  }
  for (const group of document.querySelectorAll("section.group, nav .tag")) {
    group.hidden = !group.querySelector("article:not([hidden]), li:not([hidden])");
  }
  found.textContent = words.length ? `${count} of ${articles.length}` : "";
}

filter.addEventListener("input", () => {
  show();
  document.querySelector("section.group:not([hidden])")?.scrollIntoView();
});
show();
