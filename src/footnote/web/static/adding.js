// The owner's changes: files dropped or chosen go to the server one by one, then the index follows, and each file is told.
import { bdi, el, icon } from "./dom.js";
import { change, changeState, putFile } from "./server.js";
import { strings } from "./strings.js";

const LOOK_EVERY_MS = 350;

export class Adding {
  /**
   * @param suffixes of the formats that are read
   * @param taken tells whether there is a document of a name
   * @param links further buttons for the first line
   * @param done called when the index has changed
   */
  constructor({ suffixes, taken, links }, done) {
    this.taken = taken;
    this.done = done;
    this.suffixes = suffixes;
    this.picker = el("input", { type: "file", multiple: true, accept: suffixes.join(","), class: "fn-picker", tabindex: "-1", "aria-hidden": "true", on: { change: () => { this.add([...this.picker.files]); this.picker.value = ""; } } });
    this.choose = el("button", { class: "fn-button", type: "button", on: { click: () => this.picker.click() } }, icon("plus"), strings.chooseFiles);
    this.update = el("button", { class: "fn-button", type: "button", on: { click: () => this.#begin([], strings.updating) } }, strings.updateIndex);
    this.status = el("p", { class: "fn-adding-status", role: "status" });
    this.bar = el("progress", { "aria-label": strings.progress, max: "1", hidden: true });
    this.files = el("ul", { class: "fn-adding-files" });
    this.node = el("div", { class: "fn-adding" },
      this.picker, el("p", { class: "fn-drop" }, this.choose, this.update, ...links), el("p", { class: "fn-hint" }, strings.dropHere(suffixes)), this.bar, this.status, this.files);
    this.#takeDrops();
    this.#watch(false);
  }

  remove(doc) {
    this.#begin([doc], strings.removing);
  }

  /** Sends the files, then has the index follow. */
  async add(files) {
    if (this.busy || !files.length) return;
    this.#busy(true);
    const rows = files.map((file) => this.#row(file));
    this.files.replaceChildren(...rows.map((row) => row.node));
    let arrived = 0;
    for (const row of rows) arrived += await this.#send(row, false);
    const open = () => rows.filter((row) => row.node.classList.contains("is-open")).length;
    this.#busy(false);
    if (arrived) await this.#begin([], strings.adding, rows);
    else this.status.textContent = open() ? "" : strings.nothingAdded;
  }

  #row(file) {
    const said = el("span", { class: "fn-adding-said" }, strings.waiting);
    const node = el("li", {}, el("span", { class: "fn-adding-name" }, bdi(file.name)), said);
    return { file, node, said };
  }

  /** Sends one file; 1 when it arrived. */
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
      row.said.append(" ", el("button", { class: "fn-small", type: "button", on: { click: async () => {
        if (this.busy) return;
        this.#busy(true);
        const arrived = await this.#send(row, true);
        this.#busy(false);
        if (arrived) this.#begin([], strings.adding, [row]);
      } } }, strings.replaceFile));
    }
    return 0;
  }

  /** What can be told without sending the file. */
  #unfit(name, replace) {
    const suffix = /\.[^.]+$/.exec(name)?.[0].toLowerCase() ?? "";
    if (!this.suffixes.includes(suffix)) return { what: strings.noLoader(suffix, this.suffixes) };
    return !replace && this.taken(name.normalize("NFC")) ? { what: strings.nameTaken, taken: true } : null;
  }

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

  /** Follows the change under way; `mine` when this page began it. */
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
        this.bar.value = state.total ? state.done / state.total : 0;
        this.status.textContent = strings.stage(state.stage, state.done, state.total);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    } while (state.running);
    this.#busy(false);
    if (!mine) return;
    this.#told(state, rows);
    this.done();
  }

  #told(state, rows) {
    if (state.error) {
      this.status.textContent = [state.error.what, state.error.remedy].filter(Boolean).join("; ");
      return;
    }
    const failed = new Map((state.failed ?? []).map(({ name, reason }) => [name, reason]));
    for (const row of rows.filter((each) => each.name)) {
      row.node.className = failed.has(row.name) ? "is-failed" : "is-done";
      row.said.textContent = failed.has(row.name) ? `${strings.notAdded}: ${failed.get(row.name)}` : strings.inTheIndex;
    }
    this.status.textContent = strings.changeDone(state.added?.length ?? 0, state.removed?.length ?? 0, failed.size);
  }

  #busy(on) {
    this.busy = on;
    this.bar.hidden = !on;
    this.bar.removeAttribute("value");
    this.choose.disabled = on;
    this.update.disabled = on;
    this.node.classList.toggle("is-busy", on);
  }

  #takeDrops() {
    const files = (event) => event.dataTransfer?.types.includes("Files");
    const over = (on) => document.body.classList.toggle("fn-dropping", on);
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
      this.add([...event.dataTransfer.files]);
    }, { capture: true });
  }
}
