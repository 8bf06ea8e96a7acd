/** Text tokenizers, prompt templates and grammars of legal ids. */
@NullMarked
package org.sjd4j.prompt;

import org.jspecify.annotations.NullMarked;
