// What of Quill 2 the pages use: text, lines, links and images. Formulas and videos would need foreign code and pages;
// its toolbar has lists that are no lists for whoever can't see, so the pages bring their own.
import Quill from "quill/core.js";
import Blockquote from "quill/formats/blockquote.js";
import Bold from "quill/formats/bold.js";
import CodeBlock, { Code } from "quill/formats/code.js";
import Header from "quill/formats/header.js";
import Image from "quill/formats/image.js";
import Indent from "quill/formats/indent.js";
import Italic from "quill/formats/italic.js";
import Link from "quill/formats/link.js";
import List from "quill/formats/list.js";
import Script from "quill/formats/script.js";
import Strike from "quill/formats/strike.js";
import Underline from "quill/formats/underline.js";

Quill.register({
  "formats/blockquote": Blockquote,
  "formats/bold": Bold,
  "formats/code": Code,
  "formats/code-block": CodeBlock,
  "formats/header": Header,
  "formats/image": Image,
  "formats/indent": Indent,
  "formats/italic": Italic,
  "formats/link": Link,
  "formats/list": List,
  "formats/script": Script,
  "formats/strike": Strike,
  "formats/underline": Underline,
});

export default Quill;
