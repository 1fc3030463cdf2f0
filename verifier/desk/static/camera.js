// The camera: one picture after the other goes to this computer's desk program, never two at once.
// What goes is the camera's own luminance where the browser gives it, else a JPEG.

import { Refused, element, send, texts } from "./talk.js";

const REST_MS = 40; // between pictures where the browser does not announce them
const STALLED_MS = 500; // without a new picture from the camera
const AGAIN_MS = 4000;
const REST_SEEN_MS = 150; // while a code stays in view
const LONGEST_SIDE = 1600; // of a JPEG
const QUALITY = 0.9;
const MOST_PIXELS = 4_000_000;
const PLANAR = new Set(["I420", "I420A", "I422", "I444", "NV12"]); // luminance comes first

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
    const size = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } };
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
    keepSharp(stream.getVideoTracks()[0]);
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
      let rest = 0;
      await newPicture(element("video"));
      const takenAt = performance.now();
      const picture = await this.#picture();
      if (picture && turn === this.#turn) {
        try {
          const answer = await send("/frames", picture, { "Desk-Shown": this.shownNumber() ?? "" });
          if (turn !== this.#turn) return;
          if (answer.number !== null) rest = REST_SEEN_MS;
          this.#say(answer.number === null ? texts.camera_looking : texts.camera_seen);
          this.#onSeen(answer, performance.now() - takenAt);
        } catch (problem) {
          rest = 1000;
          if (problem instanceof Refused && problem.code === "SCAN_NOT_INSTALLED") {
            this.stop(texts.camera_no_reader);
          }
        }
      }
      if (rest) await new Promise((go) => setTimeout(go, rest));
    }
  }

  async #picture() {
    const video = element("video");
    if (!video.videoWidth || document.hidden) return null;
    return await luminance(video).catch(() => null) ?? this.#jpeg(video);
  }

  #jpeg(video) {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    this.#canvas.width = Math.round(video.videoWidth * scale);
    this.#canvas.height = Math.round(video.videoHeight * scale);
    const pen = this.#canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0, this.#canvas.width, this.#canvas.height);
    return new Promise((take) => this.#canvas.toBlob(take, "image/jpeg", QUALITY));
  }
}

/** Resolves when the camera gave a picture that was not there before. */
function newPicture(video) {
  return new Promise((go) => {
    const timer = setTimeout(go, video.requestVideoFrameCallback ? STALLED_MS : REST_MS);
    video.requestVideoFrameCallback?.(() => { clearTimeout(timer); go(); });
  });
}

/** The camera's picture as a binary PGM; null where the browser has no planes to give. */
async function luminance(video) {
  if (typeof VideoFrame === "undefined") return null;
  const frame = new VideoFrame(video);
  try {
    const { width, height } = frame.visibleRect;
    if (!PLANAR.has(frame.format) || width * height > MOST_PIXELS) return null;
    const planes = new Uint8Array(frame.allocationSize());
    const [{ offset, stride }] = await frame.copyTo(planes);
    const rows = [`P5\n${width}\n${height}\n255\n`];
    if (stride === width) rows.push(planes.subarray(offset, offset + width * height));
    else for (let row = 0, at = offset; row < height; row += 1, at += stride) {
      rows.push(planes.subarray(at, at + width));
    }
    return new Blob(rows, { type: "image/x-portable-graymap" });
  } finally {
    frame.close();
  }
}

/** Let the camera follow with focus and exposure, where it can. */
function keepSharp(track) {
  const can = track.getCapabilities?.() ?? {};
  const wanted = {};
  for (const mode of ["focusMode", "exposureMode"]) {
    if (can[mode]?.includes("continuous")) wanted[mode] = "continuous";
  }
  if (Object.keys(wanted).length) track.applyConstraints({ advanced: [wanted] }).catch(() => {});
}
