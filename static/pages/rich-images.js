/** Images in rich text: small ones, which the document itself holds as data: addresses. */

/** @typedef {import("quill").default} Quill */

const TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/**
 * Units that the images of one edit may have. The server takes messages of 2 MB, and whoever opens the document
 * loads all of them.
 */
export const MOST_IMAGE_UNITS = 200_000;

const TOO_LARGE = `This image is too large: at most ${Math.floor((MOST_IMAGE_UNITS * 3) / 4 / 1000)} kB can be put into a document.`;

/** @param {string} address @returns {boolean} whether it holds the image itself */
function isWhole(address) {
  return /^data:image\/(png|jpeg|gif|webp);base64,/i.test(address);
}

/** The page's policy lets in images of its own server, too. @param {string} address */
function mayBeShown(address) {
  if (isWhole(address)) return true;
  return URL.canParse(address, location.href) && new URL(address, location.href).origin === location.origin;
}

/**
 * Quill's images, save that others are not even asked for. Their address is kept.
 *
 * @param {any} Image of Quill
 * @returns {any}
 */
export function pageImage(Image) {
  return class extends Image {
    /** @param {unknown} value */
    static create(value) {
      const address = String(value);
      if (mayBeShown(address)) return super.create(address);
      const node = super.create();
      node.dataset.address = address;
      node.title = "Image from elsewhere, not shown";
      return node;
    }

    /** @param {HTMLElement} node */
    static value(node) {
      return node.dataset.address ?? super.value(node);
    }
  };
}

/**
 * @param {Quill} quill
 * @param {(message: string) => void} tell the user
 * @param {() => void} begin makes what comes next an edit of its own
 * @returns {(files: Iterable<File>) => Promise<void>} puts images where the caret is
 */
export function takeImages(quill, tell, begin) {
  /** @param {Iterable<File>} files */
  const insert = async (files) => {
    for (const file of files) {
      if (!TYPES.includes(file.type)) tell("Only PNG, JPEG, GIF and WebP images can be put into a document.");
      else if (file.size * (4 / 3) > MOST_IMAGE_UNITS) tell(TOO_LARGE);
      else {
        const image = await addressOf(file);
        const { index, length } = quill.getSelection(true); // others may have moved it by now
        begin();
        if (length > 0) quill.deleteText(index, length, "user");
        quill.insertEmbed(index, "image", image, "user");
        quill.setSelection(index + 1, 0, "user");
        begin();
      }
    }
  };
  Object.assign(/** @type {any} */ (quill).uploader.options, {
    mimetypes: TYPES,
    handler(/** @type {import("quill").Range} */ range, /** @type {File[]} */ files) {
      quill.setSelection(range, "user");
      void insert(files);
    },
  });
  keepOutPasted(quill, tell);
  return insert;
}

/** @param {Quill} quill @param {(message: string) => void} tell */
function keepOutPasted(quill, tell) {
  const clipboard = /** @type {any} */ (quill.clipboard);
  const { convertHTML } = clipboard;
  let room = MOST_IMAGE_UNITS;
  clipboard.convertHTML = (/** @type {string} */ html) => {
    room = MOST_IMAGE_UNITS;
    return convertHTML.call(clipboard, html);
  };
  clipboard.addMatcher("img", (/** @type {HTMLImageElement} */ node, /** @type {any} */ delta) => {
    const address = node.getAttribute("src") ?? "";
    if (isWhole(address) && address.length <= room) {
      room -= address.length;
      return delta;
    }
    tell(isWhole(address) ? TOO_LARGE : "An image from elsewhere was left out: save it and insert it as a file.");
    delta.ops = node.alt ? [{ insert: node.alt }] : [];
    return delta;
  });
}

/** @param {File} file @returns {Promise<string>} */
function addressOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
