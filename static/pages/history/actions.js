/** What can be done with the version that is looked at: bring it back, name it, fork it, send its link. */

import { hashOf } from "../../replay/address.js";
import { pageOf } from "../api.js";
import { copy, byId } from "../dom.js";
import { closeOnLeave } from "../fold.js";
import { reasonOf } from "../reason.js";
import { ask } from "./asking.js";
import { count } from "./words.js";

/** @typedef {import("../../client/history.js").History} History */
/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./viewing.js").Viewing} Viewing */

/**
 * @param {Viewing} viewing
 * @param {Facts} facts
 * @param {History} history
 * @param {{ title: string, say: (news: string) => void }} page the document's title, and where news are told
 */
export function offerActions(viewing, facts, history, { title, say }) {
  const menu = byId("menu", HTMLDetailsElement);
  closeOnLeave(menu);

  /** @param {string} id @param {(version: number) => Promise<void>} act @param {string} trouble */
  const on = (id, act, trouble) => {
    byId(id, HTMLButtonElement).addEventListener("click", async () => {
      menu.open = false;
      menu.querySelector("summary")?.focus(); // where a dialog gives the focus back to
      try {
        await act(viewing.version);
      } catch (error) {
        say(`${trouble}: ${reasonOf(error)}`);
      }
    });
  };
  on("restore", restore, "It could not be brought back");
  on("name", name, "The version could not be named");
  on("fork", fork, "It could not be forked");
  on("copy", copyLink, "The link could not be copied");

  /** @param {number} version */
  async function restore(version) {
    const sure = await ask({
      title: `Restore version ${count(version)}?`,
      text: "Nothing is lost: the text becomes again what it was then, by one more change. What it is now gets a name first, so that you find it again.",
      yes: "Restore",
    });
    if (sure === null) return;
    const { version: newest } = await history.visit();
    await history.nameVersion(`Before version ${version} was restored (${newest})`, newest);
    await history.restore(version);
    await facts.renew();
    viewing.go(viewing.newest);
    say(`Version ${count(version)} is back, as version ${count(viewing.newest)}. What was there before has a name now.`);
  }

  /** @param {number} version */
  async function name(version) {
    const wanted = await ask({
      title: `Name version ${count(version)}`,
      text: "A name makes this state easy to find again.",
      yes: "Give this name",
      field: { label: "Name of the version", value: "", required: true },
    });
    if (!wanted) return;
    await history.nameVersion(wanted, version);
    await facts.renew();
    say(`Version ${count(version)} is called “${wanted}” now`);
  }

  /** @param {number} version */
  async function fork(version) {
    const wanted = await ask({
      title: `Fork version ${count(version)}`,
      text: "A new document begins with this text. The two go their own ways from then on.",
      yes: "Make the new document",
      field: { label: "Its title", value: title ? `${title}, version ${version}` : "" },
    });
    if (wanted === null) return;
    const { id } = await history.fork(version, wanted ? { title: wanted } : {});
    location.assign(pageOf(id));
  }

  /** @param {number} version */
  async function copyLink(version) {
    const link = location.href.split("#")[0] + hashOf(version, viewing.older);
    say((await copy(link)) ? "Link to this version copied" : "The link could not be copied; it is in the address bar");
  }
}

/** @param {string} role of whoever looks; only an editor may change something */
export function showRights(role) {
  const why = byId("why-not", HTMLElement);
  why.hidden = role === "editor";
  why.textContent = `You are here as ${role}: versions can be looked at and forked, but not restored or named.`;
  for (const id of ["restore", "name"]) {
    const button = byId(id, HTMLButtonElement);
    button.disabled = role !== "editor";
    if (role !== "editor") button.setAttribute("aria-describedby", "why-not");
  }
}
