/**
 * The write-ahead log as SQLite's recovery reads it (https://sqlite.org/fileformat2.html#walformat): frames count while
 * salts and checksums are right. What follows is left over from earlier, or was torn by a power failure.
 */
export interface LogFrame {
  readonly page: number;
  readonly content: Buffer;
  /** The frame ends a transaction; frames after the last such one do not count. */
  readonly commits: boolean;
}

/** Reads bytes of a file; `undefined` where it ends before. */
export type ByteRangeReader = (position: number, length: number) => Buffer | undefined;

const headerBytes = 32;
const frameHeaderBytes = 24;
const magic = 0x377f0682;

export function* readLogFrames(read: ByteRangeReader): Generator<LogFrame> {
  const header = read(0, headerBytes);
  if (!header || (header.readUInt32BE(0) & ~1) >>> 0 !== magic) return;
  const checksum = new LogChecksum((header.readUInt32BE(0) & 1) === 0);
  checksum.add(header.subarray(0, 24));
  if (!checksum.matches(header.subarray(24))) return;
  const pageSize = header.readUInt32BE(8);
  for (let offset = headerBytes; ; offset += frameHeaderBytes + pageSize) {
    const frame = read(offset, frameHeaderBytes + pageSize);
    if (!frame?.subarray(8, 16).equals(header.subarray(16, 24))) return;
    const content = frame.subarray(frameHeaderBytes);
    checksum.add(frame.subarray(0, 8));
    checksum.add(content);
    if (!checksum.matches(frame.subarray(16))) return;
    yield { page: frame.readUInt32BE(0), content, commits: frame.readUInt32BE(4) !== 0 };
  }
}

/** Two sums over 32-bit words, in the byte order that the log's magic number names, running on from frame to frame. */
class LogChecksum {
  readonly #littleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  add(bytes: Buffer): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let offset = 0; offset < bytes.length; offset += 8) {
      this.#first = (this.#first + view.getUint32(offset, this.#littleEndian) + this.#second) >>> 0;
      this.#second = (this.#second + view.getUint32(offset + 4, this.#littleEndian) + this.#first) >>> 0;
    }
  }

  matches(stored: Buffer): boolean {
    return stored.readUInt32BE(0) === this.#first && stored.readUInt32BE(4) === this.#second;
  }
}
