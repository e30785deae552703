/** The page of a document's history: every version of it, looked at, compared, and brought back. */

import { History } from "../client/history.js";
import { contentLength, plainText } from "../client/operation.js";
import { Past } from "../replay/past.js";
import { eventsOf, pageOf, readDocument, root } from "./api.js";
import { Banners } from "./banners.js";
import { byId } from "./dom.js";
import { closeOnLeave } from "./fold.js";
import { tellHeight } from "./heights.js";
import { offerActions, showRights } from "./history/actions.js";
import { ChangesBar } from "./history/changes-bar.js";
import { showDensity } from "./history/density.js";
import { Facts } from "./history/facts.js";
import { offerFinding } from "./history/finding.js";
import { followAddress } from "./history/addressing.js";
import { VersionList } from "./history/list.js";
import { navigate } from "./history/navigating.js";
import { followNewer } from "./history/newer.js";
import { Playing } from "./history/playing.js";
import { showSlider } from "./history/slider.js";
import { showSummary } from "./history/summary.js";
import { Viewing } from "./history/viewing.js";
import { count } from "./history/words.js";
import { colorOf, nameOf } from "./names.js";
import { say } from "./news.js";
import { partOf } from "./path.js";
import { guestToken } from "./person.js";
import { putPlace, takePlace } from "./place.js";
import { kindOf } from "./recent.js";
import { reasonOf } from "./reason.js";

/** @typedef {import("../editors/paper.js").Paper} Paper */

/** Wide enough for a list beside the text, as in panels.css. */
const ROOMY = "(min-width: 64.01rem)";

const id = partOf(location.pathname, -2);
const banners = new Banners(byId("banners", HTMLElement));
const back = byId("back", HTMLAnchorElement);
back.href = pageOf(id);
back.addEventListener("click", () => takePlace(id));
tellHeight(byId("bar", HTMLElement), "--bar-height");
tellHeight(byId("deck", HTMLElement), "--deck-height");

try {
  await start();
} catch (error) {
  byId("skeleton", HTMLElement).hidden = true;
  banners.show("start", { kind: "bad", text: `This history cannot be shown: ${reasonOf(error)}.`, actions: [["Try again", () => location.reload()]] });
}

async function start() {
  const history = new History(root, id, guestToken());
  void paperOf(kindOf(id)); // it comes while the document does; of what kind that is, is mostly known from the last time
  const { kind, title, version: newest, content } = await readDocument(id);
  const paper = (await paperOf(kind))(byId("paper", HTMLElement), { label: "Text of the document as it was", nameOf, marginAbove, marginBelow });
  byId("skeleton", HTMLElement).hidden = true;
  byId("sheet", HTMLElement).setAttribute("aria-busy", "false");
  byId("heading", HTMLElement).textContent = title || "History";
  document.title = `${title || "Document"}, history – collab`;
  paper.show(content);
  putPlace(id);
  const past = new Past(history);
  const viewing = new Viewing(past, history, paper, { newest, colorOf });
  Object.assign(window, { collab: { viewing, paper, past } }); // for tests, and whoever looks under the bonnet
  await furnish({ history, past, viewing, paper, title });
}

/** @param {import("../client/operation.js").Content} content @returns {boolean} whether there is no letter in it; a rich text ends with a newline */
function isEmpty(content) {
  return contentLength(content) < 2 && plainText(content).trim() === "";
}

function leave() {
  takePlace(id);
  location.assign(back.href);
}

/** @param {"text" | "rich"} kind @returns {Promise<typeof import("../editors/cm-paper.js").plainPaper>} */
async function paperOf(kind) {
  if (kind === "rich") return (await import("./history/rich-paper.js")).pagePaper();
  return (await import("../editors/cm-paper.js")).plainPaper;
}

/** Pixels of the window that the bar covers. */
function marginAbove() {
  return byId("bar", HTMLElement).offsetHeight;
}

/** And the timeline. */
function marginBelow() {
  return byId("deck", HTMLElement).offsetHeight;
}

/** All that is around the text. @param {{ history: History, past: Past, viewing: Viewing, paper: Paper, title: string }} page */
async function furnish({ history, past, viewing, paper, title }) {
  const facts = new Facts(history, viewing.newest);
  facts.on("known", ({ newest, role }) => {
    viewing.newest = newest;
    showRights(role);
  });
  const changes = new ChangesBar(viewing, facts, paper);
  const playing = new Playing(viewing, past);
  showSlider(viewing, facts);
  showDensity(facts);
  showSummary(viewing, facts, history);
  new VersionList(viewing, facts, history);
  offerFinding(history, findings(viewing, paper, changes));
  offerActions(viewing, facts, history, { title, say });
  offerAuthors(viewing);
  showDrawer();
  closeOnLeave(byId("help", HTMLDetailsElement));
  navigate({ viewing, facts, playing, changes, leave });
  tellTrouble(viewing);
  viewing.on("shown", (version) => (byId("nothing", HTMLElement).hidden = !isEmpty(past.contentAt(version))));
  await followAddress(viewing, changes, history, say);
  const fail = (/** @type {unknown} */ error) => {
    banners.show("facts", { kind: "bad", text: `The list of versions could not be loaded: ${reasonOf(error)}.`, actions: [["Try again", () => renew()]] });
  };
  const renew = () => {
    banners.close("facts");
    return facts.renew().catch(fail);
  };
  followNewer(viewing, facts, eventsOf(id), fail);
  await renew();
}

/** @param {Viewing} viewing @param {Paper} paper @param {ChangesBar} changes */
function findings(viewing, paper, changes) {
  return {
    /** @param {import("../client/history.js").Sighting} sighting */
    appeared({ version, offset }) {
      viewing.go(version);
      viewing.addEventListener("shown", () => paper.reveal(offset), { once: true });
    },
    /** @param {import("../client/history.js").Sighting} sighting */
    disappeared({ version }) {
      viewing.go(version);
      changes.here();
    },
  };
}

/** @param {Viewing} viewing */
function offerAuthors(viewing) {
  const button = byId("authors", HTMLButtonElement);
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    viewing.showAuthors(shown);
  });
}

function showDrawer() {
  const [drawer, button] = [byId("list", HTMLElement), byId("show-list", HTMLButtonElement)];
  const set = (/** @type {boolean} */ shown) => {
    drawer.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
  };
  button.addEventListener("click", () => {
    set(Boolean(drawer.hidden));
    if (!drawer.hidden) byId("sought", HTMLInputElement).focus();
  });
  byId("close-list", HTMLButtonElement).addEventListener("click", () => {
    set(false);
    button.focus();
  });
  set(matchMedia(ROOMY).matches);
}

/** @param {Viewing} viewing */
function tellTrouble(viewing) {
  viewing.on("waiting", (waits) => {
    byId("spinner", HTMLElement).hidden = !waits;
    byId("sheet", HTMLElement).setAttribute("aria-busy", String(waits));
  });
  viewing.on("shown", () => banners.close("version"));
  viewing.on("failed", (error) => {
    const text = `Version ${count(viewing.version)} could not be loaded: ${reasonOf(error)}.`;
    banners.show("version", { kind: "bad", text, actions: [["Try again", () => viewing.refresh()]] });
  });
}
