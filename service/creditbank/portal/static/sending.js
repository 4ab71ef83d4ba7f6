// Sends the file of a form in parts. What has arrived stays; what has not is sent again when the connection is back,
// and after the page was left, from the page of the file. Without this script the form sends its file in one piece.
"use strict";
(() => {
  const WAITS = [1, 2, 4, 8, 15]; // seconds before another try; the last one again and again
  const LONGEST = 60_000; // milliseconds that one part may take: a connection that is gone does not always say so

  for (const place of document.querySelectorAll("[data-in-parts]")) {
    const form = place.closest("form");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      const file = form.querySelector("input[type=file]").files[0];
      if (!file || file.size === 0) return; // the bank says what is wrong with the form
      event.preventDefault();
      send(form, place, file);
    });
  }

  async function send(form, place, file) {
    const said = place.dataset;
    const button = form.querySelector("button[type=submit]");
    const tell = (words, values = {}) => {
      place.hidden = false;
      const line = place.querySelector("p");
      line.className = words === said.saysSending ? "" : "note warn";
      line.textContent = words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    };
    button.disabled = true;
    try {
      const begun = said.file ? { file: said.file, part: Number(said.part) } : await begin(form, file, said, tell);
      if (said.file && Number(said.size) !== file.size) throw new Refused(said.saysOther);
      const here = `/console/files/${begun.file}`;
      const all = Math.ceil(file.size / begun.part);
      const there = new Set((said.received || "").split(",").filter(Boolean).map(Number));
      for (let number = 1; number <= all; number += 1) {
        if (!there.has(number)) {
          const piece = file.slice((number - 1) * begun.part, number * begun.part);
          await persist(`${here}/parts/${number}`, piece, "application/octet-stream", said, tell);
          there.add(number);
        }
        place.querySelector("progress").value = there.size / all;
        tell(said.saysSending, { n: there.size, all });
      }
      const whole = new URLSearchParams({ parts: all, sha256: await digest(file) });
      await persist(`${here}/completion`, whole, undefined, said, tell);
      location.assign(`${here}?done=con_file`);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      place.setAttribute("role", "alert");
      tell(refused.message);
      button.disabled = false;
    }
  }

  class Refused extends Error {}

  async function begin(form, file, said, tell) {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
    fields.append("file_name", file.name);
    fields.append("size", file.size);
    return (await persist(said.inParts, fields, undefined, said, tell)).json();
  }

  // The same request until it is answered. Each may come twice: the bank takes it once.
  async function persist(address, body, type, said, tell) {
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await fetch(address, {
          method: "POST", body, headers: type ? { "Content-Type": type } : {}, redirect: "error",
          signal: AbortSignal.timeout(LONGEST),
        });
        if (answer.ok) return answer;
        if (answer.status === 401) tell(said.saysSignedOut);
        else if (answer.status === 429 || answer.status >= 500) tell(said.saysWaiting);
        else throw new Refused(await sentence(answer));
      } catch (failure) {
        if (failure instanceof Refused) throw failure;
        tell(said.saysWaiting);
      }
      await pause(WAITS[Math.min(tries, WAITS.length - 1)]);
    }
  }

  // Until so many seconds are over, or the connection is back.
  function pause(seconds) {
    return new Promise((goOn) => {
      const over = () => {
        clearTimeout(timer);
        removeEventListener("online", over);
        goOn();
      };
      const timer = setTimeout(over, seconds * 1000);
      addEventListener("online", over);
    });
  }

  // What the page that was answered says is wrong.
  async function sentence(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("[role=alert], main p");
    return found ? found.textContent.trim() : String(answer.status);
  }

  // Nothing where the browser does not calculate it, as on a page without TLS: the bank compares the size then.
  async function digest(file) {
    if (!globalThis.crypto?.subtle || file.size > 256 * 1024 * 1024) return "";
    const found = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    return Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
})();
