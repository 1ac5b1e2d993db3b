/** Above it Node.js takes a time for none at all. */
const longestTimer = 2_147_483_647;

interface Patient {
  giveUp(): void;
}

/** Lets somebody give up after so many ms. No closure: thousands wait at once. */
export function giveUpAfter(milliseconds: number, patient: Patient): NodeJS.Timeout {
  return setTimeout(giveUp, Math.min(milliseconds, longestTimer), patient).unref();
}

function giveUp(patient: Patient): void {
  patient.giveUp();
}
