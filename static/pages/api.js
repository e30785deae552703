/** The HTTP API, as far as the pages use it. */

/** Where collab is on its server: at the top, or under the path where an application has mounted it. */
export const root = new URL("../../", import.meta.url);

/**
 * @typedef {object} DocumentRow
 * @property {string} id
 * @property {string} title
 * @property {number} version
 * @property {string} created_at ISO 8601
 * @property {string} updated_at ISO 8601
 */

/** @param {string | null} cursor @returns {Promise<{ documents: DocumentRow[], next: string | null }>} */
export async function listDocuments(cursor) {
  const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
  return json(await fetch(new URL(`api/documents${query}`, root)));
}

/** @param {string} title may be empty @returns {Promise<{ id: string }>} */
export async function createDocument(title) {
  const body = JSON.stringify(title ? { title } : {});
  return json(await fetch(new URL("api/documents", root), { method: "POST", headers: { "content-type": "application/json" }, body }));
}

/** @param {Response} response */
async function json(response) {
  if (response.ok) return response.json();
  throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
}
