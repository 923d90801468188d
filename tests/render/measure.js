// What can be measured of a page: {overflow, small, faint, background, links, structure}.
(() => {
  const width = document.documentElement.clientWidth;
  const name = (e) => e.tagName.toLowerCase() + (e.className ? "." + e.className : "");
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.a > 0) return color;
    }
    return parse("rgb(255, 255, 255)");
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const all = [...document.body.querySelectorAll("*")];
  const texts = all.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  return {
    scroll: document.documentElement.scrollWidth,
    overflow: all.filter((e) => e.getBoundingClientRect().right > width + 0.5 || e.getBoundingClientRect().left < -0.5).map(name),
    small: texts.filter((e) => parseFloat(getComputedStyle(e).fontSize) < 14).map(name),
    faint: texts.map((e) => [name(e), contrast(parse(getComputedStyle(e).color), behind(e))]).filter(([, ratio]) => ratio < 4.5),
    texts: texts.length,
    background: luminance(behind(document.body)),
    links: [...document.querySelectorAll("a")].map((e) => [e.innerText.trim(), e.href, e.getBoundingClientRect().height]),
    language: document.documentElement.lang,
    title: document.title,
    headings: [...document.querySelectorAll("h1, h2, h3, h4")].map((e) => e.tagName),
    headers: [...document.querySelectorAll("th")].map((e) => e.scope),
    landmarks: document.querySelectorAll("main").length,
    hidden: all.filter((e) => getComputedStyle(e).display === "none" || getComputedStyle(e).visibility === "hidden").map(name),
    loads: document.querySelectorAll("img, script, link, iframe, object, embed, video, audio, source, svg").length,
    text: document.body.innerText,
  };
})()
