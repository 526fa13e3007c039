using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DistTrain.Page.Files;
using DistTrain.Page.Serving;

namespace DistTrain.Page.Tests.Serving;

/// <summary>Over a real connection.</summary>
[Trait("Kind", "Fast")]
public sealed class PageHostTests : IAsyncLifetime
{
    private readonly PageStore _store = new("sample", "1.0.0", TimeProvider.System);
    private readonly HttpClient _client = new();
    private PageHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await PageHost.StartAsync(_store, 0, TimeProvider.System, CancellationToken.None);
        _client.BaseAddress = _host.Address;
    }

    [Fact]
    public async Task It_serves_its_own_files_under_a_policy_without_scripts_of_others()
    {
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(_host.Address.Host)));
        foreach (var file in (string[])["", PageFile.Style, PageFile.Charts, .. PageFile.Modules])
        {
            using var answer = await _client.GetAsync($"/{file}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        }
    }

    [Theory]
    [InlineData("/DistTrain.Page.dll")]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("//etc/passwd")]
    [InlineData("/data/../../etc/passwd%00.js")]
    public async Task There_is_nothing_else(string path) =>
        Assert.Matches("^HTTP/1.1 (400|404) ", await AskAsync($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"));

    [Theory]
    [InlineData("attacker.example", "421")]
    [InlineData("127.0.0.1.attacker.example", "421")]
    [InlineData("localhost", "200")]
    public async Task It_answers_to_loopback_names_alone(string name, string status) =>
        Assert.StartsWith($"HTTP/1.1 {status} ", await AskAsync($"GET /data HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task It_takes_nothing(string method) =>
        Assert.StartsWith("HTTP/1.1 405 ", await AskAsync($"{method} /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);

    [Fact]
    public async Task Runs_that_are_over_are_its_data()
    {
        _store.End(SampleRun.Page("first", SampleRun.Events(20)));
        var data = JsonDocument.Parse(await _client.GetStringAsync("/data")).RootElement;
        Assert.Equal(("first", 20), (data.GetProperty("runs")[0].GetProperty("name").GetString(), data.GetProperty("runs")[0].GetProperty("series").GetProperty("steps").GetProperty("step").GetArrayLength()));
    }

    [Fact]
    public async Task A_run_that_lasts_is_told_as_it_grows_and_that_it_is_over()
    {
        var run = new LiveRun("live", "job-1", "kind: TrainingJob\n", new Dictionary<string, string>());
        _store.Begin(run);
        using var news = new StreamReader(await _client.GetStreamAsync($"/news?edition={_store.Edition}"));
        var first = await LineAsync(news, "data: ");
        Assert.Equal(0, Step(first).GetArrayLength());
        run.Add(SampleRun.Step(1));
        _store.Tell();
        Assert.Equal(1, Step(await LineAsync(news, "data: ")).GetArrayLength());
        _store.End(SampleRun.Page("live", SampleRun.Events(1)));
        Assert.Equal("event: edition", (await LineAsync(news, "event: ", json: false)).Text);

        static JsonElement Step((string Text, JsonElement Json) line) => line.Json.GetProperty("series").GetProperty("steps").GetProperty("step");
    }

    [Fact]
    public async Task More_viewers_than_it_has_place_for_are_refused_until_one_leaves()
    {
        List<HttpResponseMessage> viewers = [];
        for (var i = 0; i < NewsStreams.MostViewers; i++)
            viewers.Add(await _client.GetAsync("/news", HttpCompletionOption.ResponseHeadersRead));
        Assert.All(viewers, viewer => Assert.Equal(HttpStatusCode.OK, viewer.StatusCode));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _client.GetAsync("/news", HttpCompletionOption.ResponseHeadersRead)).StatusCode);
        viewers[0].Dispose();
        await Waiting.UntilAsync(
            async () =>
            {
                using var next = await _client.GetAsync("/news", HttpCompletionOption.ResponseHeadersRead);
                return next.StatusCode;
            },
            status => status == HttpStatusCode.OK,
            "a place");
        viewers.ForEach(viewer => viewer.Dispose());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    private static async Task<(string Text, JsonElement Json)> LineAsync(StreamReader news, string begin, bool json = true)
    {
        while (true)
        {
            var line = await news.ReadLineAsync().For($"a line of news with {begin}") ?? throw new EndOfStreamException();
            if (line.StartsWith(begin, StringComparison.Ordinal))
                return (line, json ? JsonDocument.Parse(line[begin.Length..]).RootElement : default);
        }
    }

    /// <summary>As it is written, which HTTP's own client would tidy.</summary>
    private async Task<string> AskAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().For("an answer");
    }
}
