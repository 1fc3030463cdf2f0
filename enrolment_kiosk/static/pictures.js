// The pictures of the resident being looked at: the registry's and, where an officer decides the
// face, the one from the phone. They are on this page only while somebody is at work with them.

const element = (id) => document.getElementById(id);
const RETRY_MS = 2000;

/** One place for a picture; `state` is "shown", "none", or null while it is not known. */
class Place {
  state = null;
  #url = null;

  constructor(kind) {
    this.kind = kind;
    this.image = element(kind);
    this.none = element("no-" + kind);
  }

  empty() {
    this.state = null;
    this.image.hidden = this.none.hidden = true;
    this.image.removeAttribute("src");
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
  }

  settle(state) {
    this.state = state;
    this.image.hidden = state !== "shown";
    this.none.hidden = state !== "none";
  }

  /** Take the bytes; what is no picture counts as none. */
  async take(blob, isWanted) {
    this.#url = URL.createObjectURL(blob);
    this.image.src = this.#url;
    const readable = await this.image.decode().then(() => true, () => false);
    if (!isWanted()) return;
    if (!readable) this.empty();
    this.settle(readable ? "shown" : "none");
  }
}

export class Pictures {
  #photo = new Place("photo");
  #selfie = new Place("selfie");
  #row = null;
  #covered = false;
  #turn = 0; // grows with each showing: what arrives for an earlier one is dropped
  #onReady;

  /** `onReady()` is called when every picture of the resident is there, or known not to be. */
  constructor({ onReady }) {
    this.#onReady = onReady;
  }

  /** Whether a decision may be made: the officer has everything to look at. */
  get ready() {
    return Boolean(this.#row) && !this.#covered && this.#wanted().every((place) => place.state);
  }

  get hasPhoto() {
    return this.#photo.state ? this.#photo.state === "shown" : Boolean(this.#row?.has_photo);
  }

  get hasSelfie() {
    return this.#selfie.state ? this.#selfie.state === "shown" : Boolean(this.#row?.has_selfie);
  }

  /**
   * Show the pictures of this resident; null takes everything off the page, and so does an
   * approval of one's own: the next look is a colleague's.
   */
  show(asked) {
    const row = asked?.mine ? null : asked;
    this.#clear();
    this.#row = row;
    this.#setCovered(false);
    element("pictures").hidden = !row;
    element("selfie-place").hidden = !row?.officer;
    if (row) this.#load();
  }

  /** Nobody is there, or the page is out of sight. */
  cover() {
    if (!this.#row || this.#covered) return false;
    this.#clear();
    this.#setCovered(true);
    return true;
  }

  uncover() {
    if (this.#covered) this.show(this.#row);
  }

  #wanted() {
    return this.#row.officer ? [this.#photo, this.#selfie] : [this.#photo];
  }

  #clear() {
    this.#turn += 1;
    this.#photo.empty();
    this.#selfie.empty();
  }

  #setCovered(covered) {
    this.#covered = covered;
    for (const note of document.querySelectorAll(".covered")) note.hidden = !covered;
  }

  #load() {
    const known = { photo: this.#row.has_photo, selfie: this.#row.has_selfie };
    for (const place of this.#wanted()) {
      if (known[place.kind]) this.#fetch(place, this.#turn);
      else this.#settle(place, "none");
    }
  }

  async #fetch(place, turn) {
    const isWanted = () => this.#turn === turn;
    const path = `/console/${place.kind}/${encodeURIComponent(this.#row.id)}`;
    try {
      const response = await fetch(path, { cache: "no-store" });
      if (response.ok) {
        const blob = await response.blob();
        if (isWanted()) await place.take(blob, isWanted);
      } else if ((await response.json()).code === "NO_PHOTO" && isWanted()) {
        place.settle("none");
      }
    } catch {
      // Asked again below.
    }
    if (!isWanted()) return;
    if (place.state) this.#settle(place, place.state);
    else setTimeout(() => isWanted() && this.#fetch(place, turn), RETRY_MS);
  }

  #settle(place, state) {
    place.settle(state);
    if (this.ready) this.#onReady();
  }
}
