/** Files that people and other programs wrote. */
@NullMarked
package org.sjd4j.io;

import org.jspecify.annotations.NullMarked;
