// Names for what the page's scripts hand to each other. What the server gives is typed by its published schema (`api.d.ts`).

type Api = import("./api").components["schemas"];

type Run = Api["RunForm"];
type Row = Api["RowForm"];
type List = Api["ListForm"];
type Table = Api["TableForm"];
/** A block, list or table as the server lays it out. */
type Item = Api["LayoutForm"]["items"][number];
type Layout = Api["LayoutForm"];
/** A PDF's pages, before they are drawn. */
type Pages = Api["PagesForm"];
type Rectangle = Api["RectangleForm"];
type Placed = Api["PlacedSpanForm"];
type Checked = Api["CheckedQuoteForm"];
type Started = Api["StartForm"];
type Summary = Api["SummaryForm"];
type Contents = Api["AllContentsForm"];
type Heading = Api["ListedHeadingForm"];
type Suggestion = Api["SuggestionForm"];
type Change = Omit<Api["ChangeForm"], "error"> & { error?: Refusal | null };
type Files = Api["FilesForm"];

/** Why something could not be done, in the page's own words. */
interface Refusal {
  what: string;
  remedy?: string | undefined;
  taken?: boolean;
}

type Child = Node | string | number | false | null | undefined;
type Children = Child | Child[];
type Props = {
  class?: string | null | undefined;
  data?: Record<string, string | number | undefined> | null;
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => unknown };
  [name: string]: unknown;
};

/** Called with what was pressed, to which focus returns. */
type Press = (opener: HTMLElement) => void;

interface Offer {
  label: string;
  note?: string;
  run: Press;
}

/** Names a place in a document: all of it, a heading, or a stretch with what tells its letters. */
interface Place {
  doc: string;
  start?: number;
  end?: number;
  quote?: string;
  before?: string;
  after?: string;
  letters?: { count: number; sum: number };
  heading?: boolean;
  items?: Item[];
}

/** A stretch that is marked in a drawn document. */
interface Mark {
  start: number;
  end: number;
  label: string;
  kind: string;
  tint?: number;
  linked?: boolean;
}

/** A mark that is to be looked for in its document first. */
type Sought = Mark & Omit<Place, "doc" | "start" | "end"> & { page?: number | null; file?: Checked["file"] };

interface Stretch {
  start: number;
  end: number;
}

/** One column of two documents side by side. */
interface SideOfTwo {
  doc: string;
  title: string;
  marks: Sought[];
}

type Level = "very likely" | "likely" | "perhaps" | "unsure";
type Verdict = "supports" | "does not" | "unclear";

type Citation = Pick<Api["CitationForm"], "number" | "doc" | "title" | "start" | "end" | "quote" | "heading_path" | "page"> & {
  context?: { start: number; end: number; text: string } | null;
  answer?: Stretch | null;
  author?: string;
  date?: string;
  source?: string;
  before?: string;
  after?: string;
};

type Passage = Stretch & { text: string };
type PassageShown = Passage & Checked;

/** A numbered quote as it stands now. */
type Quote = Citation & Omit<Checked, "start" | "end"> & { passage?: PassageShown };

type Hit = Pick<Api["HitForm"], "doc" | "title" | "start" | "end" | "text" | "heading_path" | "page"> & { also?: boolean };
type HitShown = Hit & { items: Item[] };

type Answer = Pick<
  Api["AnswerForm"],
  "question" | "interpreted_as" | "answered" | "standing" | "confidence" | "reason" | "explanation" | "missing_words" | "fingerprint" | "track_record" | "choices"
> & { citations: Citation[]; nearest: (Citation & { passage?: Passage }) | null };

interface Shown {
  confidence: Level;
  citations: Checked[];
  nearest: (Checked & { passage: PassageShown }) | null;
  related: HitShown[];
}

type FeedbackKind = Exclude<Api["FeedbackBody"]["kind"], null | undefined>;

interface Said {
  turn?: string;
  kind: FeedbackKind | null;
  correct: { doc: string; start: number; end: number; quote: string }[];
}

/** A turn as it is kept in the browser. */
interface KeptTurn {
  question: string;
  literal: boolean;
  followed: boolean;
  care: boolean;
  answer: Answer | null;
  related: Hit[];
  verdicts: Record<number, Verdict>;
  quotes: Quote[];
  confidence: Level;
  feedback?: Said | undefined;
  scope?: [number, number] | null;
}

/** A question, what came of it, and what was done with it. */
interface Turn {
  node: HTMLElement;
  question: string;
  literal: boolean;
  followed?: boolean;
  care?: boolean;
  answer: Answer | null;
  shown: Shown | null;
  quotes: Quote[];
  verdicts: Record<number, Verdict>;
  feedback?: Said | undefined;
  /** How many documents were asked, of how many; null for all. */
  scope?: [number, number] | null;
  stopper?: AbortController;
  say?: (kind: FeedbackKind | null) => void;
  point?: (hit: Hit) => void;
}

type AnsweredTurn = Turn & { answer: Answer; shown: Shown };

/** A quote that was kept, with the reader's own note. */
type TrayQuote = Citation & { question: string; note: string };

interface Conversation {
  id: string;
  name: string;
  at: number | null;
  /** As they are stored: checked before they are shown. */
  turns: { question: string }[];
}

/** What an answer's buttons do. */
interface AnswerWays {
  read: (quote: Quote, opener: HTMLElement) => void;
  readRelated: (hit: Hit, opener: HTMLElement) => void;
  compare: Press;
  compareWith: (hit: Hit, opener: HTMLElement) => void;
  check: Press;
  keep: (quote: Quote) => void;
  isKept: (quote: Quote) => boolean;
  sheet: (kind: "csv" | "markdown") => void;
  edit: () => void;
  ask: (question: string) => void;
  link: () => void;
  askAll: () => void;
}

/** What the lists and the first screen lead to. */
interface Ways {
  ask: (question: string) => void;
  read: (place: Place, opener?: HTMLElement | null) => void;
  questions: Press;
  documents: Press;
  choose: () => void;
  /** The shipped examples give way to the visitor's own documents. */
  own: () => void;
}
