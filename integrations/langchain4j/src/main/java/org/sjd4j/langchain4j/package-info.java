/** LangChain4j's image model over a model in the same process. */
@NullMarked
package org.sjd4j.langchain4j;

import org.jspecify.annotations.NullMarked;
