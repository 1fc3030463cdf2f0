// The camera: one picture after the other goes to this computer's desk program, never two at once.

import { Refused, element, send, texts } from "./talk.js";

const REST_MS = 40; // between an answer and the next picture
const AGAIN_MS = 4000;
const REST_SEEN_MS = 150; // while a code stays in view
const LONGEST_SIDE = 1600;
const QUALITY = 0.9;

export class Camera {
  #stream = null;
  #starting = false; // the browser may be asking whether it may
  #canvas = document.createElement("canvas");
  #turn = 0; // grows with every start and stop: a loop of an earlier one ends
  #onSeen;

  /** `onSeen(answer, shown)` gets every answer; `shownNumber()` tells what is on the screen. */
  constructor({ onSeen, shownNumber }) {
    this.#onSeen = onSeen;
    this.shownNumber = shownNumber;
    element("camera").addEventListener("click", () => this.#stream ? this.stop() : this.start());
    element("which").addEventListener("change", () => this.start(element("which").value));
  }

  async start(device) {
    this.stop();
    const turn = ++this.#turn;
    const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
    const which = device ? { deviceId: { exact: device } } : { facingMode: { ideal: "environment" } };
    let stream;
    this.#starting = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { ...size, ...which } });
    } catch (problem) {
      this.#say(problem.name === "NotAllowedError" ? texts.camera_denied : texts.camera_missing);
      return;
    } finally {
      this.#starting = false;
    }
    if (turn !== this.#turn) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#stream = stream;
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => turn === this.#turn && this.stop(texts.camera_missing));
    }
    element("video").srcObject = stream;
    element("video").hidden = false;
    await element("video").play().catch(() => {});
    element("camera").textContent = texts.camera_stop;
    element("camera").classList.remove("primary");
    this.#say(texts.camera_looking);
    this.#list();
    this.#loop(turn);
  }

  /** Nobody is at a gate to start it again: what fails or is unplugged is tried anew. */
  startAndStay() {
    if (!this.#stream) this.start();
    setInterval(() => { if (!this.#stream && !this.#starting) this.start(); }, AGAIN_MS);
  }

  stop(message = texts.camera_off) {
    this.#turn += 1;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    element("video").srcObject = null;
    element("video").hidden = true;
    element("camera").textContent = texts.camera_start;
    element("camera").classList.add("primary");
    this.#say(message);
  }

  #say(text) {
    const place = element("camera-state");
    if (place.textContent !== text) place.textContent = text;
  }

  async #list() {
    const all = await navigator.mediaDevices.enumerateDevices();
    const cameras = all.filter((one) => one.kind === "videoinput" && one.deviceId);
    const current = this.#stream?.getVideoTracks()[0]?.getSettings().deviceId;
    element("which-place").hidden = cameras.length < 2;
    element("which").replaceChildren(...cameras.map((one, place) => {
      const name = one.label || `${texts.camera} ${place + 1}`;
      return new Option(name, one.deviceId, false, one.deviceId === current);
    }));
  }

  async #loop(turn) {
    while (turn === this.#turn) {
      let rest = REST_MS;
      const picture = await this.#picture();
      if (picture && turn === this.#turn) {
        const sentAt = performance.now();
        try {
          const answer = await send("/frames", picture, { "Desk-Shown": this.shownNumber() ?? "" });
          if (turn !== this.#turn) return;
          if (answer.number !== null) rest = REST_SEEN_MS;
          this.#say(answer.number === null ? texts.camera_looking : texts.camera_seen);
          this.#onSeen(answer, performance.now() - sentAt);
        } catch (problem) {
          rest = 1000;
          if (problem instanceof Refused && problem.code === "SCAN_NOT_INSTALLED") {
            this.stop(texts.camera_no_reader);
          }
        }
      }
      await new Promise((go) => setTimeout(go, rest));
    }
  }

  #picture() {
    const video = element("video");
    if (!video.videoWidth || document.hidden) return null;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    this.#canvas.width = Math.round(video.videoWidth * scale);
    this.#canvas.height = Math.round(video.videoHeight * scale);
    const pen = this.#canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0, this.#canvas.width, this.#canvas.height);
    return new Promise((take) => this.#canvas.toBlob(take, "image/jpeg", QUALITY));
  }
}
