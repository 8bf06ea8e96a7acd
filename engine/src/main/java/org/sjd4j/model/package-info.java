/** Model families: one file each over the shared Llama block. */
@NullMarked
package org.sjd4j.model;

import org.jspecify.annotations.NullMarked;
