// The owner's changes: files dropped or chosen go to the server one by one, then the index follows, and each file is told.
import { bdi, button, el, hostOf, iconButton } from "./dom.js";
import { change, changeState, putFile } from "./server.js";
import { strings } from "./strings.js";

const LOOK_EVERY_MS = 350;
const PICTURES = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".tif", ".tiff", ".bmp"];

/** @typedef {{file: File, node: HTMLElement, said: HTMLElement, name?: string}} FileRow */

export class Adding {
  /**
   * @typedef {object} Events
   * @property {() => Promise<{came: number, went: number}>} done the documents have changed
   * @property {() => void} open the list should be in view
   * @property {(doc: string, opener: HTMLElement) => void} read
   * @property {(doc: string) => void} ask
   */
  /**
   * @param {{suffixes: string[], known: (name: string) => Summary | undefined}} options of the formats that are read; the document of a file's name
   * @param {Events} on
   */
  constructor({ suffixes, known }, on) {
    this.known = known;
    this.on = on;
    this.suffixes = suffixes;
    /** @type {HTMLInputElement} */
    this.picker = el("input", { type: "file", multiple: true, accept: suffixes.join(","), class: "fn-picker", tabindex: "-1", "aria-hidden": "true", on: { change: () => { this.add([...(this.picker.files ?? [])]); this.picker.value = ""; } } });
    this.choose = button(strings.chooseFiles, () => this.picker.click(), { shape: "plus" });
    this.status = el("p", { class: "fn-adding-status", role: "status" });
    this.bar = el("progress", { "aria-label": strings.progress, max: "1", hidden: true });
    this.files = el("ul", { class: "fn-adding-files" });
    this.report = el("div", { class: "fn-report", hidden: true },
      iconButton(strings.closeReport, "close", () => (this.report.hidden = true), "fn-report-close"), this.status, this.bar, this.files);
    hostOf("fn-app").append(this.picker);
    this.node = el("div", { class: "fn-adding" },
      el("div", { class: "fn-drop" },
        el("div", {}, el("p", { class: "fn-drop-title" }, strings.dropTitle), el("p", { class: "fn-hint", title: suffixes.join(" ") }, strings.dropKinds)),
        this.choose),
      this.report);
    this.#takeDrops();
    this.#watch(false);
  }

  /** Has the index follow the folder. */
  update() {
    this.#begin([], strings.updating);
  }

  /** @param {string[]} docs */
  remove(docs) {
    this.#begin(docs, strings.removing);
  }

  /** Sends the files, then has the index follow. @param {File[]} files */
  async add(files) {
    if (this.busy || !files.length) return;
    this.on.open();
    this.#busy(true);
    this.status.textContent = strings.adding;
    const rows = files.map((file) => this.#row(file));
    this.files.replaceChildren(...rows.map((row) => row.node));
    let arrived = 0;
    for (const row of rows) arrived += await this.#send(row, false);
    this.#busy(false);
    if (arrived) await this.#begin([], strings.adding, rows);
    else this.status.textContent = strings.changeDone(0, 0, rows.length);
  }

  /** @param {File} file @returns {FileRow} */
  #row(file) {
    const said = el("span", { class: "fn-adding-said" }, strings.waiting);
    const node = el("li", {}, el("span", { class: "fn-adding-name" }, bdi(file.name)), said);
    return { file, node, said };
  }

  /** Sends one file; 1 when it arrived. @param {FileRow} row @param {boolean} replace */
  async #send(row, replace) {
    row.node.className = "";
    const refused = this.#unfit(row.file.name, replace) ?? await putFile(row.file, replace, (share) => (row.said.textContent = strings.sending(share)));
    if (!refused) {
      row.said.textContent = strings.arrived;
      row.name = row.file.name.normalize("NFC");
      return 1;
    }
    row.node.classList.add("is-failed");
    row.said.textContent = [refused.what, refused.remedy].filter(Boolean).join("; ");
    if (refused.taken && !replace) {
      row.node.classList.add("is-open");
      row.said.append(" ", button(strings.replaceFile, async () => {
        if (this.busy) return;
        this.#busy(true);
        const arrived = await this.#send(row, true);
        this.#busy(false);
        if (arrived) this.#begin([], strings.adding, [row]);
      }, { name: "fn-small" }));
    }
    return 0;
  }

  /** What can be told without sending the file. @param {string} name @param {boolean} replace @returns {Refusal | null} */
  #unfit(name, replace) {
    const suffix = /\.[^.]+$/.exec(name)?.[0].toLowerCase() ?? "";
    if (!this.suffixes.includes(suffix)) return { what: PICTURES.includes(suffix) ? strings.noPictures : strings.noLoader(suffix) };
    return !replace && this.known(name.normalize("NFC")) ? { what: strings.nameTaken, taken: true } : null;
  }

  /** @param {string[]} removed @param {string} saying @param {FileRow[]} rows */
  async #begin(removed, saying, rows = []) {
    if (this.busy) return;
    this.#busy(true);
    if (!rows.length) this.files.replaceChildren();
    this.status.textContent = saying;
    const refused = await change(removed);
    if (refused) {
      this.#busy(false);
      this.status.textContent = [refused.what, refused.remedy].filter(Boolean).join("; ");
      return;
    }
    await this.#watch(true, rows);
  }

  /** Follows the change under way; `mine` when this page began it. @param {boolean} mine @param {FileRow[]} rows */
  async #watch(mine, rows = []) {
    let state;
    do {
      try {
        state = await changeState();
      } catch {
        this.#busy(false);
        if (mine) this.status.textContent = strings.offline;
        return;
      }
      if (state.running) {
        mine = true;
        this.#busy(true);
        this.bar.value = state.total ? (state.done ?? 0) / state.total : 0;
        this.status.textContent = strings.stage(state.stage ?? "", state.done ?? 0, state.total ?? 0);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    } while (state.running);
    this.#busy(false);
    if (!mine) return;
    this.#told(state, rows, await this.on.done());
  }

  /** @param {Change} state @param {FileRow[]} rows @param {{came: number, went: number}} counts */
  #told(state, rows, { came, went }) {
    if (state.error) {
      this.status.textContent = [state.error.what, state.error.remedy].filter(Boolean).join("; ");
      return;
    }
    const failed = new Map((state.failed ?? []).map(({ name, reason }) => [name, reason]));
    for (const row of rows) {
      if (!row.name) continue;
      const { name } = row;
      const reason = failed.get(row.name);
      row.node.className = reason === undefined ? "is-done" : "is-failed";
      row.said.textContent = reason === undefined ? strings.inTheIndex : `${strings.notAdded}: ${reason}`;
      if (reason === undefined && this.known(row.name)) {
        row.node.append(el("span", { class: "fn-adding-ways" },
          button(strings.readIt, (opener) => this.on.read(name, opener), { name: "fn-link" }),
          button(strings.askAboutIt, () => this.on.ask(name), { name: "fn-link" })));
      }
    }
    // Every file that did not make it counts, also those that were never sent.
    const refused = [...this.files.children].filter((each) => each.classList.contains("is-failed")).length;
    // What was put into the folder or taken out of it by hand counts too; what was replaced neither came nor went.
    const [added, removed] = [Math.max(state.added?.length ?? 0, came), Math.max(state.removed?.length ?? 0, went)];
    this.status.textContent = strings.changeDone(added, removed, Math.max(refused, failed.size));
  }

  /** @param {boolean} on */
  #busy(on) {
    this.busy = on;
    if (on) this.report.hidden = false;
    this.bar.hidden = !on;
    this.bar.removeAttribute("value");
    this.choose.disabled = on;
    this.node.classList.toggle("is-busy", on);
  }

  #takeDrops() {
    const files = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
    const over = (/** @type {boolean} */ on) => document.body.classList.toggle("fn-dropping", on);
    addEventListener("dragover", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      over(true);
    });
    addEventListener("dragleave", (event) => event.relatedTarget ?? over(false));
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      event.stopPropagation();
      over(false);
      this.add([...(event.dataTransfer?.files ?? [])]);
    }, { capture: true });
  }
}
