import { type Engine as Module, moduleMemory, type Question, sessionControls } from "./engine/engine.js";
import { clientReader, OWN } from "./packed-agent.js";
import type { ReadClient } from "./packed-agent.js";
import { PackedDecision } from "./packed-decision.js";
import type { Shared } from "./packed-decision.js";
import { vocabulary, write, written } from "./packed-request.js";
import type { Vocabulary } from "./packed-request.js";
import type { Tables } from "./tables.js";
import type { Agent, Decision, Request } from "./types.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const LONE_SURROGATE = /\p{Surrogate}/u;

/** UTF-16 units of a user agent that the module reads at most: as many bytes, and none takes less. */
const AGENT_UNITS = 512;

/** Which of the places that the module tells is that of the catalogue's texts. */
const TEXTS = 8;

/** Session controls that are remembered; there are a few in any bundle. */
const SESSION_CONTROLS = 256;

/** Parts of the module's memory, as long as it does not grow. */
class Views {
  /** Where the text of a request is written. */
  readonly textAt: number;
  readonly text: Uint8Array<ArrayBuffer>;
  readonly sizes: Int32Array<ArrayBuffer>;
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;

  constructor(buffer: ArrayBuffer, places: Uint32Array) {
    const [textAt, bytes, sizesAt, sizes, numbersAt, numbers, wordsAt, words] = places;
    this.textAt = textAt as number;
    this.text = new Uint8Array(buffer, textAt, bytes);
    this.sizes = new Int32Array(buffer, sizesAt, sizes);
    this.numbers = new Float64Array(buffer, numbersAt, numbers);
    this.words = new Int32Array(buffer, wordsAt, words);
  }
}

/**
 * The fast way into the module and back: texts of a request as one string and everything else as numbers, written
 * into buffers of the module that stay; the answer copied as numbers, and read out of them when somebody looks. Order
 * and meaning of both are those of `edgeward::packed`. It allocates nothing in the module that stays.
 */
export class Crossing {
  readonly #module: Module;
  readonly #memory = moduleMemory() as WebAssembly.Memory;
  readonly #places: Uint32Array;
  readonly #vocabulary: Vocabulary;
  readonly #shared: Shared;
  #views: Views;

  constructor(module: Module) {
    this.#module = module;
    const tables = JSON.parse(module.tables()) as Tables;
    const memory = this.#memory;
    this.#vocabulary = vocabulary(tables);
    this.#places = module.buffers();
    this.#views = new Views(this.#memory.buffer, this.#places);
    this.#shared = {
      tables,
      signalWords: Math.ceil(tables.signals.length / 4),
      client: this.#clientReader(tables),
      text: (at, length) => decoder.decode(new Uint8Array(memory.buffer, at, length)),
      sessionControls: sessionControlsByWords(),
    };
  }

  /** What is answered in JSON, about a request that crosses packed if it can. `first` and `second` belong to the question. */
  ask(question: Question, request: Request, first?: string, second?: string): string {
    const bytes = this.#write(request);
    const { sizes, numbers } = written;
    const answer = bytes < 0 ? undefined : this.#module.askPacked(question, bytes, sizes, numbers, first, second);
    return answer ?? this.#module.ask(question, JSON.stringify(request), first, second);
  }

  // All of these answer `undefined` for what has to cross as JSON. `answer` is the scorer's, as JSON.

  evaluate(request: Request): Decision | undefined {
    const bytes = this.#write(request);
    if (bytes < 0) return undefined;
    return this.#decision(this.#module.evaluatePacked(bytes, written.sizes, written.numbers), bytes);
  }

  resume(request: Request, answer: string | undefined): Decision | undefined {
    const bytes = this.#write(request);
    if (bytes < 0) return undefined;
    return this.#decision(this.#module.resumePacked(bytes, written.sizes, written.numbers, answer), bytes);
  }

  classify(request: Request): Agent | undefined {
    const bytes = this.#write(request);
    if (bytes < 0 || this.#module.classifyPacked(bytes, written.sizes, written.numbers) === 0) return undefined;
    const { words } = this.#current();
    return this.#shared.client(words, this.#name(words, written.text, bytes));
  }

  classifyAgent(agent: string): Agent | undefined {
    const text = agent.length > AGENT_UNITS ? agent.slice(0, AGENT_UNITS) : agent;
    const bytes = this.#encode(text);
    if (bytes < 0 || this.#module.classifyAgent(bytes) === 0) return undefined;
    // It allocates nothing: the memory is as it was when the text was written.
    const { words } = this.#views;
    return this.#shared.client(words, this.#name(words, text, bytes));
  }

  /** Views of the module's memory come loose when it grows, which any call may bring about: then they are empty. */
  #current(): Views {
    if (this.#views.words.length === 0) this.#views = new Views(this.#memory.buffer, this.#places);
    return this.#views;
  }

  /** What so many words tell; none, if the request did not fit. */
  #decision(length: number, bytes: number): Decision | undefined {
    if (length === 0) return undefined;
    const answer = this.#current().words;
    const words = new Array<number>(length);
    for (let at = 0; at < length; at += 1) words[at] = answer[at] as number;
    return new PackedDecision(words, this.#shared, this.#name(words, written.text, bytes));
  }

  /** Bytes of text written, -1 if the request does not fit. */
  #write(request: Request): number {
    return write(request, this.#vocabulary, this.#current()) ? this.#encode(written.text) : -1;
  }

  /** Bytes of the text as it lies in the module then, -1 if it does not fit. */
  #encode(text: string): number {
    const { read, written: bytes } = encoder.encodeInto(text, this.#current().text);
    // As many bytes as UTF-16 units: all ASCII. Half a surrogate pair is no text, and would be written as another.
    return read === text.length && (bytes === read || !LONE_SURROGATE.test(text)) ? bytes : -1;
  }

  /** The agent's name, where it is the client's own words and lies in the text written last. */
  #name(words: ArrayLike<number>, written: string, bytes: number): string | undefined {
    const { text, textAt } = this.#views;
    const from = (words[OWN] as number) - textAt;
    if (from < 0 || from >= bytes) return undefined;
    const to = from + (words[OWN + 1] as number);
    // In ASCII, what the host wrote is read without decoding it again.
    return bytes === written.length ? written.slice(from, to) : decoder.decode(text.subarray(from, to));
  }

  /** Texts of the catalogue are constants of the module and stay where they are. */
  #clientReader(tables: Tables): ReadClient {
    const memory = this.#memory;
    const [textsAt = 0, bytes = 0] = this.#places.subarray(TEXTS);
    return clientReader(tables, bytes, (at, length) =>
      decoder.decode(new Uint8Array(memory.buffer, textsAt + at, length)),
    );
  }
}

function sessionControlsByWords(): Shared["sessionControls"] {
  const known = new Map<string, string>();
  return (modes, frequency) => {
    if (modes === 0 && frequency === 0) return {};
    const key = `${modes},${frequency}`;
    let json = known.get(key);
    if (json === undefined) {
      json = sessionControls(modes, frequency);
      if (known.size >= SESSION_CONTROLS) known.clear();
      known.set(key, json);
    }
    return JSON.parse(json) as Decision["sessionControls"];
  };
}
