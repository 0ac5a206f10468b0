// One jest project for each set of prerequisites: what a project needs is named in infra/test.
const base = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
};

/** @param {string} displayName @param {string[]} testMatch */
const project = (displayName, testMatch) => ({ ...base, displayName, testMatch });

export default {
  // For what hangs: whoever waits has a deadline of its own, and says what it has waited for.
  testTimeout: 180_000,
  projects: [
    project("unit", ["<rootDir>/libs/*/test/**/*.test.ts", "<rootDir>/services/*/test/**/*.test.ts"]),
    project("native", ["<rootDir>/native/test/**/*.test.ts"]),
    project("integration", ["<rootDir>/test/integration/**/*.test.ts"]),
    project("containers", ["<rootDir>/test/containers/**/*.test.ts"]),
    project("cluster", ["<rootDir>/test/cluster/**/*.test.ts"]),
    project("hostile", ["<rootDir>/test/hostile/**/*.test.ts"]),
    project("vm", ["<rootDir>/test/vm/**/*.test.ts"]),
    project("chaos", ["<rootDir>/test/chaos/**/*.test.ts"]),
    project("compose", ["<rootDir>/test/compose/**/*.test.ts"]),
  ],
};
