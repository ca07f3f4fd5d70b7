"""Blocks of code for technical posts, by tag; code is written alike in every language.

The names {verb}, {type}, {field} and {member} stay the same throughout a block (see BOUND);
{number} and {text} are drawn anew each time; {call} and {error} belong to the topic.
"""

from raykd.sample.templates import words

_FIELDS = words(
    "name|id|price|date|total|status|title|count|email|index|width|amount|score|owner|color|size|result|value"
    "|offset|level|city|label|weight|path|data|temp|flag|position|limit|content|rows|buffer|token|left|group"
)
WORDS = {
    "verb": words("get|set|load|save|find|update|delete|create|parse|send|read|write|show|check|build|count|render"),
    "type": words(
        "Customer|Order|User|Item|Invoice|Player|Message|Report|Photo|Product|Booking|Ticket|Account|Article|Entry"
        "|Student|Game|Train|Movie|Comment|Payment|Address|Device|Schedule|Category|Sensor|Recipe|Vehicle|Contact"
    ),
    "field": _FIELDS,
    "member": _FIELDS,
    "number": words(
        "0|1|2|3|4|5|6|7|8|9|10|11|12|15|16|20|24|30|32|42|50|64|99|100|128|200|255|300|404|500|512|999|1000|1024"
        "|2000|3306|5000|8080"
    ),
    "text": words("hello|test|abc|foo|bar|error|ok|done|main|demo|yes|no|item {number}|{field}={number}|user{number}"),
}

BOUND = ("verb", "type", "field", "member")


def _blocks(text: str) -> tuple[str, ...]:
    """Split blocks of code at the lines that hold nothing but ---."""
    return tuple(block.strip("\n") for block in text.split("\n---\n"))


BLOCKS: dict[str, tuple[str, ...]] = {
    "c#": _blocks("""
public class {type}
{
    public int {field} { get; set; }
    private string _{field} = "{text}";
}
---
var {field} = {verb}{type}({number});
foreach (var item in {field})
{
    Console.WriteLine("{text}: " + item.{member}); // {call}
}
---
private void button{number}_Click(object sender, EventArgs e)
{
    try
    {
        {verb}{type}();
    }
    catch (Exception ex)
    {
        MessageBox.Show(ex.Message); // {error}
    }
}
---
using (var context = new {type}Context())
{
    return context.{type}s.Count(x => x.{type}Id > {number});
}
"""),
    "java": _blocks("""
public class {type} {
    private int {field};

    public int get{type}() {
        return {field};
    }
}
---
List<{type}> {field} = new ArrayList<{type}>();
for ({type} item : {field}) {
    System.out.println(item.{member}.{verb}({number})); // {call}
}
---
try {
    {verb}{type}("{text}");
} catch (Exception e) {
    e.printStackTrace(); // {error}
}
---
final int {field} = {number};
String {member} = {verb}{type}({field});
if ({member}.equals("{text}")) {
    return;
}
"""),
    "php": _blocks("""
<?php
${field} = $_POST['{field}'];
$sql = "SELECT {field} FROM {field}s WHERE {member} = ${field}";
$result = $db->query($sql); // {call}
?>
---
foreach (${field} as $key => $value) {
    echo $value['{member}'] . '<br>';
}
---
function {verb}{type}(${field}) {
    if (empty(${field})) {
        die('{error}');
    }
    return ${field};
}
---
$data = array('{field}' => '{text}', '{member}' => {number});
print_r($data);
"""),
    "javascript": _blocks("""
var {field} = function({member}) {
    return {verb}{type}({member}, {number});
};
console.log({field}); // {call}
---
function {verb}{type}(callback) {
    for (var i = 0; i < {number}; i++) {
        callback(null, i);
    }
}
---
{verb}{type}().then(function(result) {
    console.log(result.{field});
}).catch(console.error); // {error}
---
const {field} = { {member}: {number}, id: '{text}' };
Object.keys({field}).forEach(k => {verb}{type}(k));
"""),
    "android": _blocks("""
@Override
protected void onCreate(Bundle savedInstanceState) {
    super.onCreate(savedInstanceState);
    setContentView(R.layout.activity_{field});
    {verb}{type}(); // {call}
}
---
<TextView
    android:id="@+id/{field}"
    android:layout_width="match_parent"
    android:layout_height="{number}dp"
    android:text="{text}" />
---
Log.d("{type}Activity", "{field}: " + {member});
Toast.makeText(this, "{text}", Toast.LENGTH_SHORT).show();
---
Process: com.example.{field}, PID: {number}{number}
{error}
    at com.example.{field}.{type}Activity.{verb}{type}
"""),
    "jquery": _blocks("""
$(document).ready(function() {
    $('#{field}').click(function() {
        $('.{field}').hide({number});
        {verb}{type}(); // {call}
    });
});
---
$.ajax({
    url: '{verb}{type}',
    data: { {member}: {number} },
    success: function(data) {
        $('#{field}').html(data.{field});
    }
});
---
$('#{field} li').each(function(i) {
    $(this).attr('id', '{member}' + i);
});
"""),
    "python": _blocks("""
def {verb}_{field}({field}, {member}={number}):
    for i in range({member}):
        print({field}[i])  # {call}
    return {field}
---
class {type}(object):
    def __init__(self, {field}):
        self.{field} = {field}
---
Traceback (most recent call last):
  File "{verb}_{field}.py", line {number}, in <module>
    {field} = {verb}_{field}({number})
{error}
---
>>> {field} = [{number}, {number}, {number}]
>>> {field}[{number}]
'{text}'
"""),
    "html": _blocks("""
<div class="{field}">
    <ul id="{member}">
        <li>{text}</li>
        <li>{text}</li>
    </ul>
</div>
---
<form action="{verb}{type}">
    <input type="text" name="{member}" value="{text}">
    <input type="submit">
</form>
---
.{field} {
    width: {number}px;
    margin: {number}px auto;
}
#{field} {
    float: left;
}
---
<table width="{number}">
    <tr><td>{text}</td><td>{number}</td></tr>
</table> <!-- {call} -->
"""),
    "c++": _blocks("""
#include <iostream>

int main()
{
    int {field}[{number}];
    std::cout << {field}[{number}] << std::endl;
    return 0; // {call}
}
---
class {type} {
public:
    explicit {type}(int {field}) : {field}_({field}) {}
    virtual ~{type}();
private:
    int {field}_;
};
---
template <class T>
void {verb}{type}(const T& {field})
{
    for (auto it = {field}.begin(); it != {field}.end(); ++it)
        {verb}(*it);
}
---
{field}.cpp:{number}: error: {error}
"""),
    "ios": _blocks("""
- (void)viewDidLoad {
    [super viewDidLoad];
    self.{field}Label.text = @"{text}";
    [self {verb}{type}:{number}]; // {call}
}
---
NSString *{field} = [NSString stringWithFormat:@"%d", {number}];
NSLog(@"{text} %@", {field});
---
let {field} = {verb}{type}() as! {type}
if let {member} = {field}.{member} {
    print({member})
}
---
*** Terminating app due to uncaught exception, reason: '{error}'
*** First throw call stack: (0x{number}a{number})
"""),
    "other": _blocks("""
SELECT {field}, COUNT(*) FROM {member}s
WHERE {field} > {number}
GROUP BY {field};
---
$ ./{verb}_{field}.sh {number}
{error}
---
for f in *.{field}; do
    mv "$f" "{verb}_$f"
done
---
def {verb}
  @{field} = {type}.find(params[:id])
end
---
{field} <- read.csv("{field}.csv")
head({field}, {number})
"""),
    "shared": _blocks("""
{
  "{field}": {number},
  "{member}": "{text}",
  "list": [{number}, {number}]
}
---
{number} {text} {number}
{number} {text} {number}
{text}
---
[{number}:{number}] ERROR {error}
    in {verb}{type}, line {number}
---
<entries>
  <entry {field}="{number}">{text}</entry>
  <entry {field}="{number}" />
</entries>
---
for (i = 0; i < {number}; i++) {
    {field}[i] = {verb}{type}(i);
}
"""),
}
