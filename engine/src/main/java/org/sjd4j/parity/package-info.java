/** Golden numbers: what the official code of a network gave, and how far ours are from it. */
@NullMarked
package org.sjd4j.parity;

import org.jspecify.annotations.NullMarked;
