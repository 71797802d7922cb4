// Takes the hosts that Gradio has drawn and makes the page of them.
import { Composer } from "./composer.js";
import { Desk } from "./desk.js";
import { el, hostOf } from "./dom.js";
import { conversationsPanel } from "./drawer.js";
import { feedbackPanel } from "./feedback.js";
import { Kept } from "./kept.js";
import { Layers } from "./layers.js";
import { masthead } from "./masthead.js";
import { nextOffers } from "./next.js";
import { linked } from "./places.js";
import { questionsPanel } from "./questions.js";
import { Reader } from "./reader.js";
import { answers, forgetContents, readContents, readStart } from "./server.js";
import { Shelf } from "./shelf.js";
import { keysPanel, listenForKeys } from "./shortcuts.js";
import { Side } from "./side.js";
import { startNodes, troubleNodes } from "./start.js";
import { strings } from "./strings.js";
import { Thread } from "./thread.js";
import { Tray, trayPanel } from "./tray.js";

/** @typedef {"documents" | "questions" | "conversations" | "feedback" | "keys" | "tray"} PanelKind */

const MOST_NOTICES = 3; // more would push the answers off a small screen
const LOOK_AGAIN_MS = 2000;
const HOSTS = ["fn-app", "fn-chat", "fn-masthead", "fn-thread", "fn-question", "fn-ask", "fn-notice", "fn-side", "fn-reader"];

/** Our own node inside a Gradio component that Python never updates. @param {string} id */
function hostIn(id) {
  const host = el("div", { class: "fn-host" });
  hostOf(id).append(host);
  return host;
}

// Asked for at once, while Gradio still draws its frame.
/** @type {Promise<Started> | null} */
let firstStart = readStart();
firstStart.catch(() => {});

class Page {
  constructor() {
    this.outage = /** @type {HTMLElement | null} */ (null);
    this.contents = /** @type {Contents | null} */ (null);
    /** @type {Started} */
    this.started = { fingerprint: "", documents: [], starters: [], notices: [], owner: false, suffixes: [], examples: [] };
    this.kept = new Kept();
    this.layers = new Layers((view) => this.#replay(view), ({ kind }) => this.#current(kind));
    this.side = new Side(hostIn("fn-reader"), () => this.#closed());
    this.reader = new Reader(this.side);
    this.notice = hostIn("fn-notice");
    this.shelf = new Shelf({
      browse: (doc, opener) => this.desk.readAlone({ doc }, opener),
      ask: (doc) => this.#askOnly(doc),
      changed: async () => {
        this.#take(await readStart());
        // Where the last document went, the first screen says all that is left to say.
        if (!this.started.documents.length && this.layers.now()?.kind === "documents" && this.shelf.gone) this.side.close();
      },
      ticked: () => this.#ticked(),
      close: () => this.side.close(),
      open: () => this.show("documents"),
    });
    this.tray = new Tray(() => this.desk.kept());
    this.thread = new Thread(hostIn("fn-thread"), {
      tray: this.tray,
      kept: () => this.kept.keep(this.thread.turns),
      allowed: () => this.shelf.allowed(),
      next: (turn) => nextOffers(turn, this.#open(), this.#ways()),
      askAll: () => this.shelf.askAll(),
      trouble: (kind) => { if (kind === "offline") this.#waitForServer(); },
    });
    this.desk = this.thread.desk = new Desk(this.side, this.reader, this.layers, { kept: () => this.kept.keep(this.thread.turns), turns: () => this.thread.turns, tray: this.tray });
    const told = () => ({ name: this.kept.current?.name ?? strings.conversation, turns: this.thread.turns });
    const show = (/** @type {PanelKind} */ kind) => (/** @type {HTMLElement | null} */ opener) => this.show(kind, opener);
    hostIn("fn-masthead").append(...masthead({
      fresh: () => this.#fresh(),
      questions: show("questions"),
      documents: show("documents"),
      conversations: show("conversations"),
      tray: show("tray"),
      feedback: show("feedback"),
      keys: show("keys"),
      update: (opener) => { this.show("documents", opener); this.shelf.adding?.update(); },
    }, told, () => this.started.owner, () => this.tray.list.length));
    this.composer = new Composer({ ask: (question) => this.thread.ask(question), choose: (each) => this.#choose(each) });
    listenForKeys({ ask: () => this.composer.focus(), keys: show("keys") });
    addEventListener("hashchange", () => this.layers.now() ?? this.#openLinked());
    hostOf("fn-app").dataset.drop = strings.dropHere;
  }

  /** Opens one of the lists beside the text. @param {PanelKind} kind @param {HTMLElement | null} opener */
  show(kind, opener = null) {
    const close = () => this.side.close();
    const panel = {
      documents: () => this.shelf.node,
      questions: () => questionsPanel({ close, ...this.#ways() }),
      conversations: () => conversationsPanel(this.kept, { close, opened: (turns) => this.thread.restore(turns), chosen: (turns) => { close(); this.thread.restore(turns); } }),
      feedback: () => feedbackPanel(close),
      keys: () => keysPanel(close),
      tray: () => trayPanel(this.tray, { close, read: (place, opener) => this.desk.readAlone(place, opener, strings.keptMark) }),
    }[kind]();
    this.layers.open({ kind, hash: `#${kind}` });
    this.desk.left();
    this.reader.left();
    this.side.show(panel, opener);
    panel.querySelector("h2")?.focus();
  }

  async begin() {
    let started;
    try {
      started = await (firstStart ?? readStart());
    } catch {
      this.thread.hello.replaceChildren(...troubleNodes(strings.startFailed, () => this.begin()));
      return;
    } finally {
      firstStart = null;
    }
    const asked = new URLSearchParams(location.search).get("q")?.slice(0, 2000) ?? "";
    this.#take(started);
    // Reloaded, the answer is the one that was kept.
    if (asked.trim() && this.kept.current?.turns[0]?.question !== asked.trim()) {
      this.kept.select(null);
      await this.thread.ask(asked);
      return;
    }
    if (this.kept.current) await this.thread.restore(this.kept.select(this.kept.current.id));
    const view = this.layers.now();
    if (view) this.#replay(view);
    else this.#openLinked();
  }

  /** What the server told of the index. @param {Started} started */
  #take(started) {
    this.started = started;
    this.thread.documentsCount = started.documents.length;
    this.contents = null;
    forgetContents();
    this.shelf.show(started);
    this.notice.replaceChildren(...(this.outage ? [this.outage] : []), ...started.notices.slice(0, MOST_NOTICES).map((notice) => el("p", { dir: "auto" }, notice)));
    this.#ticked();
    readContents().then((contents) => {
      this.contents = contents;
      this.#greet();
    }, () => {});
  }

  #greet() {
    // Where nothing can be asked there is no box to ask in.
    document.body.classList.toggle("fn-empty", !this.started.documents.length && !this.thread.turns.length);
    this.thread.hello.replaceChildren(...startNodes(this.started, this.#open(), this.contents, this.#ways()));
  }

  #ticked() {
    this.#greet();
    const { documents } = this.started;
    this.composer.narrowed(this.shelf.allowed()?.length ?? documents.length, documents.length, () => this.shelf.askAll());
  }

  /** Starters whose documents are asked. */
  #open() {
    const allowed = this.shelf.allowed();
    return this.started.starters.filter((each) => allowed === null || allowed.includes(each.doc)).map((each) => each.question);
  }

  /** @returns {Ways} */
  #ways() {
    return {
      // What a document asks itself is asked as it stands.
      ask: (question) => { this.#uncover(); this.thread.ask(question, { literal: true }); },
      read: (place, opener) => this.desk.readAlone(place, opener),
      questions: (opener) => this.show("questions", opener),
      documents: (opener) => this.show("documents", opener),
      choose: () => this.shelf.adding?.picker.click(),
      own: () => this.shelf.adding?.remove(this.started.examples),
    };
  }

  /** @param {string} doc */
  #askOnly(doc) {
    this.shelf.askOnly(doc);
    this.#uncover();
    this.composer.focus();
  }

  /** In one column an open panel would cover the answer. */
  #uncover() {
    if (hostOf("fn-chat").inert) this.side.close();
  }

  /** @param {Suggestion} suggestion */
  #choose({ kind, text, quote, doc, start, end }) {
    if (kind === "question") this.#ways().ask(text);
    else if (kind === "topic") this.desk.readAlone({ doc, start: start ?? 0, heading: true });
    else if (kind === "document") this.desk.readAlone({ doc });
    else this.desk.readAlone({ doc, start: start ?? 0, end: end ?? 0, quote: quote ?? "" }, null, strings.relatedMark);
  }

  async #fresh() {
    this.side.close();
    if (location.search) history.replaceState(null, "", location.pathname);
    await this.thread.restore(this.kept.select(null));
    this.#greet();
    this.composer.focus();
  }

  /** Opens what a moment of the history had open. @param {import("./layers.js").View | null} view */
  #replay(view) {
    if (!view) this.side.close();
    else if (view.kind === "read") this.desk.restore(view, linked(view.hash));
    else if (view.kind === "compare") this.side.close();
    else this.show(/** @type {PanelKind} */ (view.kind));
  }

  #openLinked() {
    const place = linked();
    const list = /^#(documents|questions|conversations|feedback|keys|tray)$/.exec(location.hash);
    this.layers.asLinked(() => {
      if (place) this.desk.readAlone(place, null, place.start === undefined || place.heading ? "" : strings.linkedMark);
      else if (list && (list[1] !== "feedback" || this.started.owner)) this.show(/** @type {PanelKind} */ (list[1]));
    });
  }

  #closed() {
    this.desk.left();
    this.reader.left();
    this.layers.closed();
    this.#current("");
  }

  /** @param {string} kind */
  #current(kind) {
    for (const [name, each] of [["questions", ".fn-to-questions"], ["documents", ".fn-documents"]]) {
      document.querySelector(each)?.toggleAttribute("aria-current", name === kind);
    }
  }

  /** Says that the server is gone, until it is back. */
  async #waitForServer() {
    if (this.waiting) return;
    this.waiting = true;
    this.outage?.remove();
    const told = (this.outage = el("p", { class: "fn-offline", role: "alert" }, strings.offline));
    this.notice.prepend(told);
    while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    told.replaceChildren(strings.online);
    told.classList.add("is-back");
    this.waiting = false;
    setTimeout(() => {
      told.remove();
      if (this.outage === told) this.outage = null;
    }, 3 * LOOK_AGAIN_MS);
    readStart().then((started) => this.#take(started), () => {});
  }
}

/** @param {() => void} run */
function whenDrawn(run) {
  const ready = () => HOSTS.every((id) => document.getElementById(id)) && document.querySelector("#fn-question textarea");
  if (ready()) {
    run();
    return;
  }
  const watch = new MutationObserver(() => {
    if (!ready()) return;
    watch.disconnect();
    run();
  });
  watch.observe(document.documentElement, { childList: true, subtree: true });
}

whenDrawn(() => new Page().begin());
