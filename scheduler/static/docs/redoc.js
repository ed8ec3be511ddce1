// Redoc shows a logo of its makers, from their server. The page's Content-Security-Policy forbids that,
// so images of other origins are not even asked for: React sets the attribute, and then the property.
const isOwn = (address) => {
  const url = new URL(address, location);
  return url.protocol === "data:" || url.origin === location.origin;
};
const setAttribute = Element.prototype.setAttribute;
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name !== "src" || isOwn(value)) setAttribute.call(this, name, value);
};
const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(value) {
    if (isOwn(value)) source.set.call(this, value);
  },
});

// The search would run in a worker made of a blob, which the policy forbids, too.
const place = document.getElementById("docs");
Redoc.init(place.dataset.document, { disableSearch: true }, place);
