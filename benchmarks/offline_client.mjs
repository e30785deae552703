/** What benchmarks/offline.py asks of a document, in a browser and in Node alike. */

/** @typedef {import("../static/client/index.js").CollabDocument} CollabDocument */
/** @typedef {import("../static/client/operation.js").Operation} Operation */

/** Let what waits have its turn, as between two keystrokes. */
const turn = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (port1.close(), resolve(undefined));
    port2.postMessage(null);
  });

/** @param {CollabDocument} doc @param {boolean} kept whether what is typed is kept on the device */
export function client(doc, kept) {
  return {
    /** Go offline and type. @param {{ ops: Operation[], slowly: boolean }} what */
    async type({ ops, slowly }) {
      doc.disconnect();
      let typing = 0;
      let longest = 0;
      for (const op of ops) {
        const started = performance.now();
        if (slowly) doc.endUndoGroup();
        doc.edit(op);
        const took = performance.now() - started;
        typing += took;
        longest = Math.max(longest, took);
        await turn();
      }
      const started = performance.now();
      while (kept && !doc.kept) await turn();
      return { typing, longest, keeping: performance.now() - started, pending: doc.pending };
    },

    async reconnect() {
      let sent = 0;
      doc.on("events", (events) => {
        for (const { client } of events) if (client === doc.client) sent += 1;
      });
      const started = performance.now();
      doc.reconnect();
      await doc.whenSaved();
      const milliseconds = performance.now() - started;
      return { milliseconds, sent, version: doc.version, text: doc.text };
    },
  };
}
