/** Ms that appservices have when another server asks: it waits 10 s as a rule, and a key that comes later is lost (rule C6). */
export const answerTime = 8_000;
