/** What a test file's process tells `npm test` while it runs. */
export type TestEvent =
  | { readonly type: "began" | "ended" }
  | { readonly type: "passed" | "skipped"; readonly isSuite: boolean }
  | { readonly type: "failed"; readonly isSuite: boolean; readonly name: string; readonly error: string | undefined }
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "finished" };
