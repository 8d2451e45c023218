"""THE WIRE: how are meters read and commanded over the field's own protocols? Bytes in, bytes out, and sessions over them."""
