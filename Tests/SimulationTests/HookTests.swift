import CForeignHooks
import CTaskHooks
import Platform
import Synchronization
import Testing

@testable import Simulation

/// The runtime's hooks shared with another library. Each test is a process of its own, because the hooks are
/// installed once a process.
@Suite struct HookTests {
    static let hooks = [
        foreign_hooks_global, foreign_hooks_delayed, foreign_hooks_enqueue_main,
        foreign_hooks_get_main,
    ].map { Int32($0) }

    @Test func `hooks that were there first are called for what is outside of simulations`() async {
        await #expect(processExitsWith: .success) {
            foreign_hooks_install()
            let simulation = Simulation()
            try simulation.run { try Self.firesElsewhere() }
            Self.firesAll()
            let before = foreign_hooks_calls(Self.hooks[0])
            #expect(await Task.detached { 42 }.value == 42)
            #expect(foreign_hooks_calls(Self.hooks[0]) > before)
        }
    }

    @Test func `a hook that was there first does not see what a simulation adopts`() async {
        await #expect(processExitsWith: .success) {
            foreign_hooks_install()
            let simulation = Simulation(adoptsTasks: true)
            let seen = try simulation.run {
                let before = foreign_hooks_calls(Self.hooks[0])
                _ = await Task { 42 }.value
                return foreign_hooks_calls(Self.hooks[0]) - before
            }
            #expect(seen == 0)
        }
    }

    @Test func `a hook that comes later and hands on to ours keeps nothing from a simulation`()
        async
    {
        await #expect(processExitsWith: .success) {
            _ = Simulation()
            foreign_hooks_install()
            Self.firesAll()
            let error = #expect(throws: SimulationError.self) {
                try Simulation().run { await Task.detached {}.value }
            }
            #expect(error?.code == .taskEscaped)
            let adopted = try Simulation(adoptsTasks: true).run { await Task { 42 }.value }
            #expect(adopted == 42)
        }
    }

    @Test func `the hooks are installed once, and so never call themselves`() async {
        await #expect(processExitsWith: .success) {
            _ = Simulation()
            foreign_hooks_install()
            // Would now find the other library's hook, which calls ours.
            let isInstalled = unsafe task_hooks_install { _, _, _ in false }
            #expect(!isInstalled)
            _ = Simulation()
            Self.firesAll()
            let error = #expect(throws: SimulationError.self) {
                try Simulation().run { await Task.detached {}.value }
            }
            #expect(error?.code == .taskEscaped)
        }
    }

    /// Each of the runtime's hooks leads to the other library's, and from there to the original, once.
    private static func firesAll() {
        for hook in hooks {
            let before = foreign_hooks_calls(hook)
            #expect(foreign_hooks_fire(hook) == 1)
            #expect(foreign_hooks_calls(hook) == before + 1)
        }
    }

    /// As ``firesAll()``, on another thread, which is ended before this returns.
    private static func firesElsewhere() throws {
        try SystemThread { firesAll() }.join()
    }
}
