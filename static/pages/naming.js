/** Giving the present version a name, which is what Ctrl+S does here: it is saved already. */

import { byId } from "./dom.js";
import { reasonOf } from "./reason.js";

/** @typedef {import("../client/index.js").CollabDocument} CollabDocument */

/** @param {CollabDocument} doc @param {(news: string) => void} say @returns {() => void} asks for the name */
export function naming(doc, say) {
  const dialog = byId("naming", HTMLDialogElement);
  const name = byId("version-name", HTMLInputElement);

  const ask = () => {
    if (dialog.open) return;
    if (!doc.editable) return say("This document can only be read here");
    if (doc.connection !== "connected") return say("A version can be named once there is a connection again");
    name.value = "";
    dialog.returnValue = ""; // Escape would leave the last one
    dialog.showModal();
  };

  dialog.addEventListener("close", async () => {
    const wanted = name.value.trim();
    if (dialog.returnValue !== "name" || !wanted) return;
    try {
      await doc.whenSaved(); // what one sees is what gets the name
      const { of_version: version } = await doc.nameVersion(wanted, doc.version);
      say(`Version ${version} is called “${wanted}” now`);
    } catch (error) {
      say(`The version could not be named: ${reasonOf(error)}`);
    }
  });
  byId("naming-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close(""));
  addEventListener("keydown", (event) => {
    const isSave = event.ctrlKey !== event.metaKey && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s";
    if (!isSave) return;
    event.preventDefault();
    ask();
  });
  return ask;
}
