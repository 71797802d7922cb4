import js from "@eslint/js";

export default [
  { ignores: ["**/*.d.ts"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // TypeScript knows every name, also those of the browser.
      "no-undef": "off",
      "no-unused-vars": ["error", { varsIgnorePattern: "^_" }],
      "array-callback-return": "error",
      eqeqeq: "error",
      "no-console": "error",
      "no-constructor-return": "error",
      "no-self-compare": "error",
      "no-template-curly-in-string": "error",
      "no-unreachable-loop": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      // Nothing from a document or a question is ever run, or read as markup.
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]", message: "Text is set by textContent: no markup is parsed." },
        { selector: "CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|writeln?|parseFromString|createContextualFragment)$/]", message: "Text is set by textContent: no markup is parsed." },
      ],
    },
  },
  { files: ["src/footnote/web/static/theme.js"], languageOptions: { sourceType: "script" } },
];
