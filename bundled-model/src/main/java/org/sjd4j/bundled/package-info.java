/** The small model that was trained with this project's own code, and the finding of models by name. */
@NullMarked
package org.sjd4j.bundled;

import org.jspecify.annotations.NullMarked;
