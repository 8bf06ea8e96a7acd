// The page's only way to make elements: text becomes a text node, never markup.

/**
 * An element with properties and children. A property with a dash (aria-label, data-id) is set as an attribute,
 * a child that is not a node becomes text, and null children are left out.
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) {
      node.setAttribute(name, value);
    } else {
      node[name] = value;
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A button that does not submit a form. */
export function button(text, click, properties = {}) {
  const node = element("button", { type: "button", ...properties }, text);
  node.addEventListener("click", click);
  return node;
}

/** The width and height in a size like "128x128". */
export function dimensions(size) {
  const [width, height] = String(size).split("x").map(Number);
  return width > 0 && height > 0 ? { width, height } : { width: 128, height: 128 };
}

/**
 * An empty image of that size, so that the page does not jump when its content comes. A small image keeps
 * its pixels when it is enlarged; a large one is scaled smoothly.
 */
export function emptyImage(size, alt, properties = {}) {
  const { width, height } = dimensions(size);
  return element("img", { width, height, alt, className: width <= 256 ? "crisp" : "", decoding: "async", ...properties });
}

/** Says something to a screen reader when it has finished what it is saying. */
export function announce(text) {
  // What is outside of an open dialog is not read.
  const open = document.querySelector("dialog[open] [aria-live]");
  const announcer = open ?? document.getElementById("announcer");
  announcer.textContent = "";
  // The same text twice in a row would be no change, and so would not be read.
  setTimeout(() => (announcer.textContent = text), 50);
}
