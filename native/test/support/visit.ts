import { afterAll, beforeAll } from "@jest/globals";
import { executeIn, type Operation, type OperationName, type OperationResult } from "../../src/index.ts";
import { type Container, type Kind, startContainer } from "./container.ts";

export interface Visit {
  /** Only while the tests of the block run. */
  readonly container: Container;
  /** What belongs to the container's root. */
  owned(): { uid: number; gid: number };
  /** The result of one operation in it, or its error thrown. */
  run<Name extends OperationName>(operation: Operation<Name>): Promise<OperationResult<Name>>;
}

/** A container for the tests of the describe block that this is called in. */
export function useContainer(kind: Kind): Visit {
  let container: Container;
  beforeAll(async () => {
    container = await startContainer(kind);
  });
  afterAll(() => container.stop());
  return {
    get container() {
      return container;
    },
    owned: () => ({ uid: container.root, gid: container.root }),
    async run<Name extends OperationName>(operation: Operation<Name>) {
      const [outcome] = await executeIn(container.target, [operation as Operation]);
      if (outcome.ok) return outcome.result as OperationResult<Name>;
      throw "error" in outcome ? outcome.error : new Error("skipped");
    },
  };
}
