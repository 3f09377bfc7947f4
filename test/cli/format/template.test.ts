import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { renderTemplate } from "../../../cli/format/template.ts";
import { Failure } from "../../../core/errors.ts";

// Expected texts are what the docker client writes for a container with this document.
const CONTAINER = {
  Id: "4952a09b689e",
  Name: "/web",
  RestartCount: 0,
  State: { Status: "created", Running: false },
  Config: {
    Image: "debian:bookworm",
    Cmd: ["bash", "-c", "echo hi"],
    Entrypoint: null,
    Labels: { "c.d": "e", a: "b" },
    Volumes: {},
  },
  HostConfig: { Memory: 0, PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } },
  Mounts: [],
  GraphDriver: null,
};

const WRITTEN: Readonly<Record<string, string>> = {
  "{{.Config.Labels}}": "map[a:b c.d:e]",
  "{{.Config.Labels.a}} {{.Config.Labels.zz}}": "b <no value>",
  '{{index .Config.Labels "c.d"}}|{{index .Config.Labels "zz"}}|': "e||",
  "{{json .Config.Cmd}}": '["bash","-c","echo hi"]',
  "{{.Config.Cmd}} {{.RestartCount}} {{.State.Running}}": "[bash -c echo hi] 0 false",
  "{{range $k,$v := .Config.Labels}}{{$k}}={{$v}};{{end}}": "a=b;c.d=e;",
  "{{range $i, $e := .Config.Cmd}}{{if $i}},{{end}}{{$e}}{{else}}none{{end}}": "bash,-c,echo hi",
  "{{range .Mounts}}{{.Source}}{{else}}none{{end}}": "none",
  "{{range .Config.Cmd}}{{if eq . `-c`}}{{continue}}{{end}}{{.}};{{end}}": "bash;echo hi;",
  "{{range .Config.Cmd}}{{.}}{{break}}{{end}}": "bash",
  '{{len .Config.Cmd}} {{upper .Name}} {{title "hello world"}}': "3 /WEB Hello World",
  '{{pad "x" 2 3}}|{{truncate .Id 5}}|{{join .Config.Cmd ","}}|{{split .Name "e"}}':
    "  x   |4952a|bash,-c,echo hi|[/w b]",
  '{{printf "%s-%d %v %q %5s|%-5s| %x" .Name 5 true "q" "ab" "cd" 255}}': '/web-5 true "q"    ab|cd   | ff',
  '{{eq .Name "/web"}} {{ne 1 2}} {{and true ""}} {{or "" "x"}} {{not 1}} {{lt 1 2}}':
    "true true  x false true",
  "{{with .Config}}{{.Image}}{{else}}no{{end}} {{$x := .Name}}{{$x}} {{$.Name}}": "debian:bookworm /web /web",
  "{{with .GraphDriver}}yes{{else}}no{{end}}": "no",
  "{{if .Mounts}}a{{else if .Config.Volumes}}b{{else}}c{{end}}": "c",
  "{{- .Name -}}  x {{/* c */}}": "/webx ",
  "a  {{- /* c */ -}}  b": "ab",
  '{{println "a" 1 2 "b"}}': "a 1 2 b\n",
  '{{print "a" 1 2 "b"}}': "a1 2b",
  "{{slice .Id 0 5}}": "4952a",
  '{{define "x"}}hi {{.}}{{end}}{{template "x" .Name}}': "hi /web",
  '{{block "b" .}}{{.Id}}{{end}}': "4952a09b689e",
  '{{html "<a>"}} {{urlquery "a b"}} {{js "it\'s"}}': "&lt;a&gt; a+b it\\'s",
  "{{1.5}} {{\"a\\tb\"}} {{`raw`}} {{'a'}} {{0x10}}": "1.5 a\tb raw 97 16",
  "{{(index .Config.Cmd 0) | upper | printf `%s!`}}": "BASH!",
  "{{$a := 1}}{{if true}}{{$a = 2}}{{end}}{{$a}}": "2",
  '{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}': "8080",
  "a}}b": "a}}b",
  "{{.Id}}\\t{{.Name}}": "4952a09b689e\t/web",
  json: JSON.stringify(CONTAINER),
};

const REFUSED: Readonly<Record<string, string>> = {
  "{{.Foo}}": 'template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"',
  "{{.Config.Foo}}": 'template: :1:9: executing "" at <.Config.Foo>: map has no entry for key "Foo"',
  "{{.State.Health.Status}}":
    'template: :1:8: executing "" at <.State.Health.Status>: map has no entry for key "Health"',
  "{{if": "template: :1: unclosed action",
  "{{.Id": "template: :1: unclosed action",
  "{{foo .Id}}": 'template: :1: function "foo" not defined',
  "{{end}}": "template: :1: unexpected {{end}}",
  "{{range .Config.Cmd}}x": "template: :1: unexpected EOF",
  "\n{{index .Config.Cmd 9}}":
    'template: :2:2: executing "" at <index .Config.Cmd 9>: error calling index: index out of range: 9',
  "{{len 3}}": 'template: :1:2: executing "" at <len 3>: error calling len: len of type int',
  '{{eq 1 "a"}}':
    'template: :1:2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison',
  "{{nil}}": 'template: :1:2: executing "" at <nil>: nil is not a command',
  '{{template "x"}}': 'template: :1:11: executing "" at <{{template "x"}}>: template "x" not defined',
  "{{$y}}": 'template: :1: undefined variable "$y"',
  "{{break}}": "template: :1: {{break}} outside {{range}}",
  "{{range .Nope}}{{end}}": 'template: :1:8: executing "" at <.Nope>: map has no entry for key "Nope"',
  '{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}':
    'template: :1:25: executing "" at <{{template "x" .}}>: exceeded maximum template depth (1000)',
};

describe("templates of --format", () => {
  for (const [template, expected] of Object.entries(WRITTEN)) {
    it(`${JSON.stringify(template)} writes what docker writes`, () => {
      assert.equal(renderTemplate(template, CONTAINER), expected);
    });
  }
  for (const [template, why] of Object.entries(REFUSED)) {
    it(`${JSON.stringify(template)} fails as in docker`, () => {
      assert.throws(
        () => renderTemplate(template, CONTAINER),
        (error) => error instanceof Failure && error.message === `template parsing error: ${why}`,
      );
    });
  }
  it("a method takes the operands behind it", () => {
    const value = { Label: (name: unknown) => `label ${String(name)}`, ID: () => "x" };
    assert.equal(renderTemplate('{{.Label "a"}} {{.ID}} {{"b" | .Label}}', value), "label a x label b");
  });
  it("a long template is read in linear time", () => {
    const start = performance.now();
    renderTemplate("{{.Id}} ".repeat(20_000), CONTAINER);
    assert.ok(performance.now() - start < 2000);
  });
});
