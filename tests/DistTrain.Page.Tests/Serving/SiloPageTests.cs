using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DistTrain.Page.Serving;
using DistTrain.Page.Tests.Clusters;

namespace DistTrain.Page.Tests.Serving;

/// <summary>The page of a cluster's silo over a real connection: who sees what, and what nobody gets.</summary>
[Trait("Kind", "Process")]
[Collection(GuardedClusterTests.Name)]
public sealed class SiloPageTests(GuardedCluster guarded)
{
    private const string Cookie = "__Host-disttrain";

    [Fact]
    public async Task Who_has_no_token_gets_the_page_and_nothing_in_it()
    {
        using var nobody = guarded.At(guarded.Silos[0]);
        // Each silo says each second where its page is.
        var policy = await Waiting.UntilAsync(PolicyAsync, text => guarded.Silos.All(silo => text.Contains($":{silo.Page}", StringComparison.Ordinal) || silo == guarded.Silos[0]), "the others' addresses");
        Assert.Contains("connect-src 'self' ", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        foreach (var path in (string[])["data", "news", "jobs/first/data", "jobs/first/news"])
            Assert.Equal((HttpStatusCode.Unauthorized, "show a certificate of the cluster's authority, or a token"), await GetAsync(nobody, path));
        Assert.Equal(HttpStatusCode.NoContent, (await nobody.GetAsync("alive")).StatusCode);

        Assert.Equal((HttpStatusCode.Unauthorized, "the token is not known"), await SignInAsync(nobody, "guessed"));
        Assert.Equal((HttpStatusCode.Forbidden, "process has the role worker, which may not call this"), await SignInAsync(nobody, GuardedCluster.Process));
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.PostAsync("session", null)).StatusCode);
        using var worker = guarded.At(guarded.Silos[0], "worker");
        Assert.Equal((HttpStatusCode.Forbidden, "worker has the role worker, which may not call this"), await GetAsync(worker, "data"));
        using var stranger = guarded.At(guarded.Silos[0], "stranger");
        Assert.Equal((HttpStatusCode.Unauthorized, "the certificate comes from another authority"), await GetAsync(stranger, "data"));

        async Task<string> PolicyAsync() => (await nobody.GetAsync("")).Headers.GetValues("Content-Security-Policy").Single();
    }

    [Fact]
    public async Task A_token_becomes_a_cookie_that_is_good_at_every_silo_and_shows_ones_own_jobs()
    {
        await guarded.SubmitAsync("carols", GuardedCluster.Carol, "{steps: 100000, model: {name: softmax}}");
        await guarded.SubmitAsync("mallorys", GuardedCluster.Mallory, "{steps: 100000, model: {name: softmax}}");
        var cookies = new CookieContainer();
        using var carol = guarded.At(guarded.Silos[0], cookies: cookies);
        using var request = SignIn(GuardedCluster.Carol);
        using var answer = await carol.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var given = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith($"{Cookie}=", given, StringComparison.Ordinal);
        Assert.All((string[])["; httponly", "; secure", "; samesite=strict", "; path=/"], part => Assert.Contains(part, given, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(GuardedCluster.Carol, given, StringComparison.Ordinal);

        using var elsewhere = guarded.At(guarded.Silos[1], cookies: cookies);
        var seen = (await ViewAsync(elsewhere)).GetProperty("cluster");
        Assert.Equal(("carol", "submitter"), (seen.GetProperty("caller").GetString(), seen.GetProperty("role").GetString()));
        Assert.Equal(["carols"], seen.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job").GetString()));
        Assert.Equal((HttpStatusCode.Forbidden, "job 'mallorys' is not carol's"), await GetAsync(elsewhere, "jobs/mallorys/data"));
        Assert.Equal((HttpStatusCode.Forbidden, "job 'mallorys' is not carol's"), await CancelAsync(elsewhere, "mallorys"));
        Assert.Equal((HttpStatusCode.NotFound, "there is no job 'none'"), await GetAsync(elsewhere, "jobs/none/data"));
        using var run = JsonDocument.Parse(await elsewhere.GetStringAsync("jobs/carols/data"));
        Assert.Equal("carols", run.RootElement.GetProperty("runs")[0].GetProperty("name").GetString());

        // A certificate serves without more; an operator sees all, with who and where.
        using var operating = guarded.At(guarded.Silos[1], "operator");
        var all = await Waiting.UntilAsync(
            async () => (await ViewAsync(operating)).GetProperty("cluster").GetProperty("jobs").EnumerateArray().ToDictionary(job => job.GetProperty("job").GetString()!),
            jobs => jobs["carols"].GetProperty("silos").GetArrayLength() > 0,
            "the ranks' silos");
        Assert.Equal(GuardedCluster.Hostile, all["mallorys"].GetProperty("submitter").GetString());
        Assert.Equal("running", all["carols"].GetProperty("state").GetString());
        Assert.StartsWith("127.0.0.1:", all["carols"].GetProperty("silos")[0].GetProperty("silo").GetString(), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(all["carols"].GetProperty("why").GetString()));

        await OnlyFromItsOwnPageAsync(elsewhere);
        Assert.Equal(HttpStatusCode.OK, (await CancelAsync(operating, "mallorys")).Status);
        using var left = await elsewhere.DeleteAsync("session");
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(elsewhere, "data")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("carol")]
    [InlineData("WyJvbGdhIiwib3BlcmF0b3IiLCI5OTk5OTk5OTk5IiwidGFibGUiXQ.AAAA.AAAA")]
    public async Task A_forged_cookie_is_none(string forged)
    {
        using var handler = new HttpRequestMessage(HttpMethod.Get, "data");
        handler.Headers.Add("Cookie", $"{Cookie}={forged}");
        using var client = guarded.At(guarded.Silos[0]);
        using var answer = await client.SendAsync(handler);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("jobs/../../etc/passwd")]
    [InlineData("jobs/..%2f..%2fetc%2fpasswd/data")]
    [InlineData("jobs/%252e%252e/data")]
    [InlineData("jobs/%3Cscript%3E/data")]
    [InlineData("DistTrain.Page.dll")]
    public async Task There_is_nothing_but_jobs(string path)
    {
        using var operating = guarded.At(guarded.Silos[0], "operator");
        // No job, or what says nothing about who may have it, which nobody may.
        Assert.Contains((await GetAsync(operating, path)).Status, (HttpStatusCode[])[HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.Forbidden]);
    }

    [Fact]
    public async Task There_are_only_so_many_streams_and_room_again_when_one_ends()
    {
        using var operating = guarded.At(guarded.Silos[0], "operator");
        List<HttpResponseMessage> open = [.. await Task.WhenAll(Enumerable.Range(0, NewsStreams.MostViewers).Select(_ => operating.GetAsync("news", HttpCompletionOption.ResponseHeadersRead)))];
        Assert.All(open, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "200 pages are open already."), await GetAsync(operating, "news"));
        open.ForEach(stream => stream.Dispose());
        await Waiting.UntilAsync(
            async () =>
            {
                using var again = await operating.GetAsync("news", HttpCompletionOption.ResponseHeadersRead);
                return again.StatusCode;
            },
            status => status == HttpStatusCode.OK,
            "room for one more");
    }

    /// <summary>What a page of another origin sends is refused, also with the cookie; under another name of the silo, as behind a forwarded port, its own page's is not.</summary>
    private static async Task OnlyFromItsOwnPageAsync(HttpClient client)
    {
        foreach (var origin in (string?[])[null, "null", "https://attacker.example", "https://127.0.0.1:1", $"http://127.0.0.1:{client.BaseAddress!.Port}"])
            Assert.Equal((HttpStatusCode.Forbidden, "Another page asks for this, not the one that is served here."), await CancelAsync(client, "carols", origin ?? ""));
        Assert.Equal(HttpStatusCode.OK, (await CancelAsync(client, "carols", "https://localhost:8443", "localhost:8443")).Status);
    }

    private static async Task<(HttpStatusCode Status, string Text)> CancelAsync(HttpClient client, string job, string? origin = null, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"jobs/{job}/cancel");
        if (origin != "")
            request.Headers.Add("Origin", origin ?? client.BaseAddress!.GetLeftPart(UriPartial.Authority));
        request.Headers.Host = host;
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Trim());
    }

    private static HttpRequestMessage SignIn(string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "session");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private static async Task<(HttpStatusCode Status, string Text)> SignInAsync(HttpClient client, string token)
    {
        using var request = SignIn(token);
        using var answer = await client.SendAsync(request);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<JsonElement> ViewAsync(HttpClient client) => JsonDocument.Parse(await client.GetStringAsync("data")).RootElement;

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return (answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Trim());
    }
}
