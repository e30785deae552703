/** Ways to get somebody else into the document. */

import { byId, copy } from "./dom.js";

/** @param {(news: string) => void} say */
export function offerLinks(say) {
  const address = () => location.href.split("#")[0];
  byId("copy-link", HTMLButtonElement).addEventListener("click", async () => {
    say((await copy(address())) ? "Link copied" : "The link could not be copied; it is in the address bar");
  });
  byId("second-window", HTMLButtonElement).addEventListener("click", () => {
    const width = Math.max(360, Math.round(screen.availWidth / 2));
    window.open(address(), "", `popup,width=${width},height=${screen.availHeight},left=${screen.availWidth - width},top=0`);
  });
}
