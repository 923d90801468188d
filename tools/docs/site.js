// The theme hides its switch of colours from readers and not from the keyboard; and what scrolls sideways is reached by keyboard.
for (const input of document.querySelectorAll('input[name="__palette"]')) input.tabIndex = -1;
const mark = () => {
  for (const it of document.querySelectorAll(".md-typeset pre > code, .md-typeset__scrollwrap")) {
    if (it.scrollWidth > it.clientWidth) it.tabIndex = 0;
  }
};
addEventListener("load", mark);
addEventListener("resize", mark);
